import { renderToStaticMarkup } from 'react-dom/server'
import { describe, expect, it } from 'vitest'
import { Standing } from './standing.tsx'

type Row = Parameters<typeof Standing>[0]['row']
const show = (more: Partial<Row>) => {
  const row: Row = {
    name: 'W',
    status: 'running',
    error: null,
    attempts: 0,
    installsTotal: 0,
    installsDone: 0,
    ...more,
  }
  return renderToStaticMarkup(<Standing row={row} />)
}

describe('the page of a what-if', () => {
  it('says why it failed and what to do next, in the words of whoever ended it', () => {
    const error = '5 times in a row the worker ended. Run it over a shorter period, or start it again.'
    expect(show({ status: 'failed', error, attempts: 5 })).toContain(error)
  })
  it('says that it was interrupted while it is tried again, and not after its end', () => {
    expect(show({ attempts: 2 })).toContain('interrupted 2 times in a row')
    expect(show({ attempts: 2, status: 'done' })).toBe('')
  })
  it('says how far it is, or that the installs are being copied', () => {
    expect(show({})).toContain('being copied')
    expect(show({ installsTotal: 2000, installsDone: 500 })).toContain('500 of 2,000 installs')
  })
  it('has nothing to show of one that was cancelled', () => {
    expect(show({ status: 'cancelled' })).toContain('has no result')
  })
})
