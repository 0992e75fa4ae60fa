import { describe, expect, it } from 'vitest'
import { frameRows } from '#server/eventlog/testing/frame-rows.ts'
import { type IngestContext, ingest, parseNdjson } from '#server/modules/events/hot.ts'
import { fromDeadLetter } from './dead-letter.ts'

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

/** The rows the collector makes of lines. */
function rows(lines: string[], kind: 'event' | 'touchpoint'): Record<string, unknown>[] {
  const result = ingest(parseNdjson(Buffer.from(lines.join('\n'))), kind, context)
  expect(result.rejected).toEqual([])
  return result.frames.flatMap(frameRows)
}

describe('a dead letter', () => {
  const receivedAt = Date.UTC(2026, 9, 24, 8)

  const SENT =
    '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","platform":"android","device_id":"d1","ip":"192.0.2.1","revenue":99999999999.654321,"currency":"EUR","properties":{"big":9007199254740993}}'

  it.each([
    [
      'as text of an earlier release',
      '{"org_id":"org_1","app_id":"app_1","request_id":"req_1","received_at":"2026-10-25T12:00:00.000Z","is_late":false,"environment":"production","event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","platform":"android","device_id":"d1","ip":"192.0.2.1","revenue":99999999999.654321,"currency":"EUR","properties":"{\\"big\\":9007199254740993}","log_id":"log_1","log_position":17}',
    ],
    [
      'unpacked',
      '{"org_id":"org_1","app_id":"app_1","event_id":"e1","event_name":"purchase","event_time":1792922400000,"received_at":1792929600000,"is_late":false,"environment":"production","platform":"android","device_id":"d1","ip":"192.0.2.1","revenue":"99999999999.654321","currency":"EUR","properties":"{\\"big\\":9007199254740993}","request_id":"req_1"}',
    ],
  ])('that the store refused, %s, becomes the event it was, with every digit', (_what, raw) => {
    const line = fromDeadLetter({ kind: 'event', code: 'load_failed', receivedAt, raw })
    expect(rows([line], 'event')).toEqual(rows([SENT], 'event'))
    expect(line).toContain('"revenue":99999999999.654321')
    expect(line).toContain('9007199254740993')
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
      const row = (result: typeof first) => result.frames.flatMap(frameRows)[0]
      expect(row(second)?.[`${kind}_id`]).toBe(row(first)?.[`${kind}_id`])
      expect(row(first)?.[`${kind}_time`]).toBe('2026-10-24T08:00:00.000Z')
    },
  )

  it('does not make what a device said about its address believed, and keeps every digit', () => {
    const raw =
      '{"event_name":"open","device_id":"d1","event_time":"2026-10-24T07:00:00Z","ip":"192.0.2.9","n":9007199254740993}'
    const [row] = rows([fromDeadLetter({ kind: 'event', code: 'missing', receivedAt, raw })], 'event')
    expect(JSON.stringify(row)).not.toContain('192.0.2.9')
    expect(row?.properties).toContain('9007199254740993')
  })

  it('that is no object stays one line for the collector to judge', () =>
    expect(fromDeadLetter({ kind: 'event', code: 'invalid_json', receivedAt, raw: '{"a":\n' })).toBe('{"a": '))
})
