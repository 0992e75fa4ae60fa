import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { NetworkList } from './network-list.tsx'

const nothing = () => undefined
const show = (given: Partial<Parameters<typeof NetworkList>[0]>) =>
  renderToStaticMarkup(
    <NetworkList networks={undefined} error={null} onRetry={nothing} onDo={nothing} onChanged={nothing} {...given} />,
  )

describe('the networks of an app', () => {
  it('are announced as loading until they are there', () => {
    expect(show({})).toContain('aria-label="Loading"')
  })
  it('say why they cannot be loaded, and offer another try', () => {
    const html = show({ error: new Error('The database is away.') })
    expect(html).toContain('role="alert"')
    expect(html).toContain('The database is away.')
    expect(html).toContain('Try again')
  })
  it('say what to do where there are none', () => {
    expect(show({ networks: [] })).toContain('No network is asked')
  })
  it('stay when they cannot be brought up to date, with the reason', () => {
    const html = show({ networks: [], error: new Error('The database is away.') })
    expect(html).toContain('Not up to date.')
    expect(html).toContain('The database is away.')
    expect(html).toContain('No network is asked')
  })
  it('tell a role that may not change them so', () => {
    expect(show({ networks: [], onDo: undefined })).toContain('Your role cannot change this')
  })
})
