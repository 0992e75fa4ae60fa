import { describe, expect, it } from 'vitest'
import { unpackRows } from '#server/eventlog/packed/index.ts'
import type { IngestContext } from './context.ts'
import { ingestEvents, splitBody } from './parse.ts'

const context: IngestContext = {
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'ios',
  receivedAt: Date.UTC(2026, 9, 25),
  requestId: 'req_1',
  fromServer: false,
  ip: '',
  userAgent: '',
  countryOf: () => '',
}

const body = (count: number, referrer: string) =>
  Buffer.from(
    Array.from(
      { length: count },
      (_, i) => `{"event_id":"e${i}","event_name":"n","device_id":"d","install_referrer":"${referrer}"}`,
    ).join('\n'),
  )

describe('the rows of a batch', () => {
  it('stand in several frames where one would grow past what the log takes, none missing or twice', () => {
    const { accepted, frames } = ingestEvents(splitBody(body(6_000, 'x'.repeat(4_096)), 'ndjson'), context)
    expect(accepted).toBe(6_000)
    expect(frames.length).toBeGreaterThan(1)
    for (const { payload } of frames) expect(payload.length).toBeLessThan(32 * 1024 * 1024)
    const ids = frames.flatMap(({ payload, rows }) => unpackRows(payload, rows).map((row) => row.event_id))
    expect(ids).toEqual(Array.from({ length: 6_000 }, (_, i) => `e${i}`))
  })

  it('are their own: what a larger batch before left in the buffers is not in them', () => {
    ingestEvents(splitBody(body(3_000, 'y'.repeat(4_000)), 'ndjson'), {
      ...context,
      orgId: 'org_other',
      ip: '10.0.0.1',
    })
    const { frames } = ingestEvents(splitBody(body(1, ''), 'ndjson'), context)
    const [frame] = frames
    expect(frame && unpackRows(frame.payload, frame.rows)).toMatchObject([
      { org_id: 'org_1', app_id: 'app_1', event_id: 'e0', install_referrer: '', ip: '', platform: 'ios' },
    ])
  })
})
