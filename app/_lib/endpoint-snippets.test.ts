import { describe, expect, it } from 'vitest'
import { endpointSnippets } from './endpoint-snippets.ts'

const input = {
  collectorUrl: 'https://collect.example',
  appId: 'app_1',
  storeName: 'id1234567890',
  ingestKey: 'ik_1',
  adjustToken: '4w565xzmb54d',
  adjustEvent: 'f0ob4r',
}
const codeOf = (title: string, more: Partial<typeof input | Record<keyof typeof input, null>> = {}) =>
  endpointSnippets({ ...input, ...more } as typeof input).find((snippet) => snippet.title === title)?.code ?? ''

describe('snippets of the compatible endpoints', () => {
  it("hold the app's own addresses, key and tokens", () => {
    expect(codeOf('Segment, browser')).toMatch(/writeKey: 'ik_1',\n {2}cdnURL: 'https:\/\/collect\.example'/)
    expect(codeOf('Segment, Node')).toMatch(/writeKey: 'ik_1',\n {2}host: 'https:\/\/collect\.example'/)
    expect(codeOf('AppsFlyer S2S')).toContain("'https://collect.example/inappevent/id1234567890'")
    expect(codeOf('Adjust S2S')).toMatch(/app_token=4w565xzmb54d[\s\S]*event_token=f0ob4r/)
  })

  it('say what to fill in where there is nothing to fill in', () => {
    expect(codeOf('Segment, browser', { ingestKey: null })).toContain('YOUR_INGEST_KEY')
    expect(codeOf('Adjust S2S', { adjustToken: null, adjustEvent: null })).toMatch(
      /YOUR_ADJUST_APP_TOKEN[\s\S]*YOUR_EVENT_TOKEN/,
    )
  })

  it("AppsFlyer's body is the JSON that its API takes", () => {
    const body = /-d '([^']*)'/.exec(codeOf('AppsFlyer S2S'))?.[1] ?? ''
    const parsed = JSON.parse(body) as { eventValue: string }
    expect(JSON.parse(parsed.eventValue)).toEqual({ af_revenue: '6.72', af_currency: 'USD' })
  })
})
