import { describe, expect, it } from 'vitest'
import { type IngestContext, ingest, parseNdjson } from '#server/modules/events/hot.ts'
import { fromDeadLetter, fromExport } from './exported-rows.ts'

const context: IngestContext = {
  orgId: 'org_1',
  appId: 'app_1',
  platform: 'android',
  receivedAt: Date.UTC(2026, 9, 25, 12),
  requestId: 'req_1',
  fromServer: true,
  ip: '',
  userAgent: '',
  countryOf: () => '',
}

/** The rows the collector makes of lines, as text. */
function rows(lines: string[], kind: 'event' | 'touchpoint'): string[] {
  const result = ingest(parseNdjson(Buffer.from(lines.join('\n'))), kind, context)
  expect(result.rejected).toEqual([])
  return result.frames.flatMap(({ payload }) =>
    String(payload)
      .trim()
      .split('\n')
      .map((line) => line.slice(33)),
  )
}

describe('a row of an export', () => {
  it('becomes the event it was, with every digit and without columns of ours among its properties', () => {
    const sent =
      '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","platform":"android","device_id":"d1","country":"DE","revenue":99999999999.654321,"currency":"EUR","properties":{"big":9007199254740993,"text":"☃"}}'
    const exported =
      '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","received_at":"2026-10-25T10:00:01.000Z","is_late":false,"environment":"production","platform":"android","device_id":"d1","advertising_id":"","referrer_click_time":null,"country":"DE","revenue":99999999999.654321,"currency":"EUR","properties":"{\\"big\\":9007199254740993,\\"text\\":\\"☃\\"}","consent":""}'
    expect(rows([fromExport(exported)], 'event')).toEqual(rows([sent], 'event'))
    expect(rows([fromExport(exported)], 'event')[0]).toContain('9007199254740993')
  })

  it('becomes the touchpoint it was, also where its link is not known here', () => {
    const sent =
      '{"touchpoint_id":"t1","touchpoint_type":"click","touchpoint_time":"2026-10-25T10:00:00.000Z","link_id":"elsewhere","media_source":"net","campaign":"c","sub_params":{"sub1":"a"}}'
    const exported =
      '{"touchpoint_id":"t1","touchpoint_type":"click","touchpoint_time":"2026-10-25T10:00:00.000Z","received_at":"2026-10-25T10:00:00.000Z","link_id":"elsewhere","media_source":"net","campaign":"c","ad_set":"","sub_params":"{\\"sub1\\":\\"a\\"}","ip":""}'
    expect(rows([fromExport(exported)], 'touchpoint')).toEqual(rows([sent], 'touchpoint'))
  })

  it.each(['no json "received_at"', '{"event_id":"e1","received_at":5}', '{"received_at":"x"}', '{"event_id":""}'])(
    'is not seen in %s, which stays as it is',
    (line) => expect(fromExport(line)).toBe(line),
  )
})

describe('a dead letter', () => {
  const receivedAt = Date.UTC(2026, 9, 24, 8)

  it('that the store refused becomes the event it was, without columns of ours among its properties', () => {
    const sent =
      '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","platform":"android","device_id":"d1","ip":"192.0.2.1","revenue":99999999999.654321,"currency":"EUR","properties":{"big":9007199254740993}}'
    const [stored = ''] = rows([sent], 'event')
    const raw = stored.replace(/}$/, ',"log_id":"log_1","log_position":17}')
    expect(rows([fromDeadLetter({ kind: 'event', code: 'load_failed', receivedAt, raw })], 'event')).toEqual([stored])
  })

  it.each(['event', 'touchpoint'] as const)(
    'of an %s without id and time counts once, however often it is replayed',
    (kind) => {
      const raw =
        kind === 'event' ? '{"event_name":"open","device_id":"d1"}' : '{"touchpoint_type":"click","media_source":"net"}'
      const replay = (now: number) =>
        ingest(parseNdjson(Buffer.from(fromDeadLetter({ kind, code: 'missing', receivedAt, raw }))), kind, {
          ...context,
          receivedAt: now,
        })
      const [first, second] = [replay(context.receivedAt), replay(context.receivedAt + 86_400_000)]
      expect([first.accepted, first.nonIdempotent]).toEqual([1, 0])
      const id = (result: typeof first) => String(result.frames[0]?.payload).slice(0, 32)
      expect(id(second)).toBe(id(first))
      expect(String(first.frames[0]?.payload)).toContain(`"${kind}_time":"2026-10-24T08:00:00.000Z"`)
    },
  )

  it('does not make what a device said about its address believed, and keeps every digit', () => {
    const raw =
      '{"event_name":"open","device_id":"d1","event_time":"2026-10-24T07:00:00Z","ip":"192.0.2.9","n":9007199254740993}'
    const [row] = rows([fromDeadLetter({ kind: 'event', code: 'missing', receivedAt, raw })], 'event')
    expect(row).not.toContain('192.0.2.9')
    expect(row).toContain('9007199254740993')
  })

  it('that is no object stays one line for the collector to judge', () =>
    expect(fromDeadLetter({ kind: 'event', code: 'invalid_json', receivedAt, raw: '{"a":\n' })).toBe('{"a": '))
})
