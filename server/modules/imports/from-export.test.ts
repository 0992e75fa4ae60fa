import { describe, expect, it } from 'vitest'
import { frameRows } from '#server/eventlog/testing/frame-rows.ts'
import { type IngestContext, ingest, parseNdjson } from '#server/modules/events/hot.ts'
import { KINDS } from '../exports/kinds.ts'
import { fromExport, isExport } from './fields.ts'

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

describe('a row of an export', () => {
  it('becomes the event it was, with every digit and without columns of ours among its properties', () => {
    const sent =
      '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","platform":"android","device_id":"d1","country":"DE","revenue":99999999999.654321,"currency":"EUR","properties":{"big":9007199254740993,"text":"☃"}}'
    const exported =
      '{"event_id":"e1","event_name":"purchase","event_time":"2026-10-25T10:00:00.000Z","received_at":"2026-10-25T10:00:01.000Z","is_late":false,"environment":"production","platform":"android","device_id":"d1","advertising_id":"","referrer_click_time":null,"country":"DE","revenue":99999999999.654321,"currency":"EUR","properties":"{\\"big\\":9007199254740993,\\"text\\":\\"☃\\"}","consent":""}'
    expect(rows([fromExport(exported)], 'event')).toEqual(rows([sent], 'event'))
    expect(rows([fromExport(exported)], 'event')[0]?.properties).toContain('9007199254740993')
  })

  it('becomes the touchpoint it was, also where its link is not known here', () => {
    const sent =
      '{"touchpoint_id":"t1","touchpoint_type":"click","touchpoint_time":"2026-10-25T10:00:00.000Z","link_id":"elsewhere","media_source":"net","campaign":"c","sub_params":{"sub1":"a"}}'
    const exported =
      '{"touchpoint_id":"t1","touchpoint_type":"click","touchpoint_time":"2026-10-25T10:00:00.000Z","received_at":"2026-10-25T10:00:00.000Z","link_id":"elsewhere","media_source":"net","campaign":"c","ad_set":"","sub_params":"{\\"sub1\\":\\"a\\"}","ip":""}'
    expect(rows([fromExport(exported)], 'touchpoint')).toEqual(rows([sent], 'touchpoint'))
  })

  it.each([
    '{"event_id":"e1","event_name":"a","event_time":1792490402000,"device_id":"d","received_at":"warehouse 7","is_late":true,"note":""}',
    '{"touchpoint_id":"t1","touchpoint_type":"click","touchpoint_time":1792490402000,"received_at":"warehouse 7","note":""}',
  ])('is told from %s, whose sender calls fields of its own like ours', (line) => expect(fromExport(line)).toBe(line))

  it.each(['events', 'touchpoints'] as const)('is known by the columns of today’s export of %s', (kind) => {
    expect(isExport(KINDS[kind].columns)).toBe(true)
  })

  it.each(['no json "received_at"', '{"event_id":"e1","received_at":5}', '{"received_at":"x"}', '{"event_id":""}'])(
    'is not seen in %s, which stays as it is',
    (line) => expect(fromExport(line)).toBe(line),
  )
})
