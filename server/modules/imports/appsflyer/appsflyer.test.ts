import { describe, expect, it } from 'vitest'
import { AppError } from '#server/platform/errors.ts'
import { APPSFLYER_COLUMNS, type AppsflyerCells, deviceOf, eventRow, installRow } from '../testing/appsflyer-file.ts'
import { appsflyerReader } from './index.ts'

const DAY = Date.UTC(2026, 9, 20)
const EXTRA = ['blocked_reason', 'match_type', 'gp_click_time', 'oaid', 'Fraud Reason']

/** An event as it goes to the collector. */
interface Read extends Record<string, unknown> {
  properties?: Record<string, unknown>
}

/** Reads one row whose columns stand in the order that the test wants. */
function read(row: AppsflyerCells, columns: readonly string[] = [...APPSFLYER_COLUMNS, ...EXTRA]) {
  const reader = appsflyerReader(columns, { app: { platform: 'android' } })
  const { item, touchpoints = [], ...rest } = reader(columns.map((name) => row[name] ?? ''))
  return {
    ...rest,
    event: item === undefined ? undefined : (JSON.parse(item) as Read),
    touchpoints: touchpoints.map((line) => JSON.parse(line) as Record<string, unknown>),
  }
}

describe('an install', () => {
  it('becomes an install event, the touchpoint that AppsFlyer names, and its decision', () => {
    const { event, touchpoints, decision } = read(installRow(1, DAY))
    expect(event).toMatchObject({
      event_name: 'install',
      event_time: '2026-10-20T00:01:00.000Z',
      device_id: deviceOf(1),
      platform: 'android',
      country: 'DE',
      ip: '192.0.2.7',
    })
    expect(touchpoints).toMatchObject([
      { touchpoint_type: 'click', touchpoint_time: '2026-10-19T22:01:00.000Z', media_source: 'some_network' },
    ])
    const id = touchpoints[0]?.touchpoint_id
    expect(event?.click_id).toBe(id)
    expect(decision).toMatchObject({
      outcome: 'attributed',
      conversion_type: 'install',
      touchpoint_id: id,
      campaign: 'campaign 1',
      engine_version: 'appsflyer',
      install_event_id: event?.event_id,
    })
    expect(JSON.parse(decision?.candidates ?? '')).toMatchObject([
      {
        touchpoint_id: id,
        rank: 1,
        eligible: true,
        match_type: 'click_id',
        time_to_install_ms: 7_200_000,
        window_ms: 604_800_000,
      },
    ])
  })

  it('without a touch is organic, as an organic report writes it and as an empty media source', () => {
    const nothing = { 'Attributed Touch Type': '', 'Attributed Touch Time': '', Campaign: '' }
    for (const source of ['', 'organic', 'Organic']) {
      const { touchpoints, decision, event } = read(installRow(1, DAY, { ...nothing, 'Media Source': source }))
      expect([touchpoints, event?.click_id]).toEqual([[], undefined])
      expect(decision).toMatchObject({
        outcome: 'organic',
        media_source: 'organic',
        touchpoint_id: '',
        candidates: '[]',
      })
    }
  })

  it('from a network that shares nothing stays restricted, without a campaign and without an invented touch', () => {
    const row = {
      'Media Source': 'restricted',
      Campaign: '',
      'Attributed Touch Type': 'impression',
      'Attributed Touch Time': '',
    }
    const { touchpoints, decision } = read(installRow(1, DAY, row))
    expect(touchpoints).toEqual([])
    expect(decision).toMatchObject({
      outcome: 'attributed',
      media_source: 'restricted',
      campaign: '',
      touchpoint_id: '',
    })
  })

  it('keeps those that helped behind the winner, with why they lost', () => {
    const { touchpoints, decision } = read(
      installRow(1, DAY, {
        'Contributor 1 Media Source': 'second_net',
        'Contributor 1 Campaign': 'c2',
        'Contributor 1 Touch Type': 'click',
        'Contributor 1 Touch Time': '2026-10-19 12:00:00',
        'Contributor 2 Media Source': 'third_net',
        'Contributor 2 Touch Type': 'impression',
        'Contributor 2 Touch Time': '2026-10-19 23:00:00',
        'Contributor 3 Media Source': 'no_time',
        'Contributor 3 Touch Type': 'click',
      }),
    )
    expect(touchpoints.map((one) => one.media_source)).toEqual(['some_network', 'second_net', 'third_net'])
    expect(JSON.parse(decision?.candidates ?? '')).toMatchObject([
      { media_source: 'some_network', rank_reason: null },
      { media_source: 'second_net', campaign: 'c2', rank: 2, rank_reason: 'older' },
      { media_source: 'third_net', touchpoint_type: 'view', rank: 3, rank_reason: 'view_after_click' },
    ])
  })

  it.each([
    ['reinstall', 'reinstall'],
    ['re-attribution', 'reinstall'],
    ['install', 'install'],
  ])('of the report %s is an install event, decided as %s', (name, conversion) => {
    const { event, decision } = read(installRow(1, DAY, { 'Event Name': name }))
    expect([event?.event_name, decision?.conversion_type]).toEqual(['install', conversion])
  })
})

describe('an in-app event', () => {
  it('keeps its name, its own values on top, and what AppsFlyer adds under a name of its own', () => {
    const { event, decision, touchpoints } = read(eventRow(1, DAY, 90))
    expect([event?.event_name, event?.event_time]).toEqual(['af_purchase', '2026-10-20T01:31:00.000Z'])
    expect(event?.properties).toMatchObject({
      af_content_id: 'a, "b"',
      level: 3,
      appsflyer: { media_source: 'some_network', app_id: 'com.example.game', attribution_lookback: '7d' },
    })
    expect([decision, touchpoints]).toEqual([undefined, []])
  })

  it.each([
    ['null', undefined],
    ['', undefined],
    ['[1,2]', [1, 2]],
    ['plain words', 'plain words'],
    ['{"broken', '{"broken'],
  ])('with the value %s keeps it as %j', (text, value) => {
    const { event } = read(eventRow(1, DAY, 5, { 'Event Value': text }))
    expect(event?.properties?.event_value).toEqual(value)
  })

  it('keeps every digit of numbers in its value', () => {
    const columns = [...APPSFLYER_COLUMNS]
    const row = eventRow(1, DAY, 5, { 'Event Value': '{"order":9007199254740993}' })
    const { item } = appsflyerReader(columns, { app: { platform: 'android' } })(columns.map((name) => row[name] ?? ''))
    expect(item).toContain('"order":9007199254740993')
  })

  it.each([
    [
      { 'Event Revenue': '9.99', 'Event Revenue Currency': 'eur', 'Event Revenue USD': '10.80' },
      { revenue: 9.99, currency: 'EUR' },
    ],
    [
      { 'Event Revenue': '5', 'Event Revenue Currency': 'COINS', 'Event Revenue USD': '0.5' },
      { revenue: 0.5, currency: 'USD' },
    ],
    [{ 'Event Revenue': '3' }, { revenue: 3, currency: 'USD' }],
    [
      { 'Event Revenue': '-3', 'Event Revenue Currency': 'USD' },
      { revenue: -3, currency: 'USD' },
    ],
    [{}, { revenue: undefined, currency: undefined }],
  ])('with %j pays %j', (cells, paid) => {
    const { event } = read(eventRow(1, DAY, 5, cells as AppsflyerCells))
    expect({ revenue: event?.revenue, currency: event?.currency }).toEqual(paid)
  })

  it('reported for two media sources in a re-engagement window is one event', () => {
    const first = read(eventRow(1, DAY, 5, { 'Is Retargeting': 'true' }))
    const second = read(
      eventRow(1, DAY, 5, { 'Media Source': 'other', Campaign: 'x', 'Is Primary Attribution': 'false' }),
    )
    expect(first.event?.event_id).toBe(second.event?.event_id)
    expect(read(eventRow(1, DAY, 6)).event?.event_id).not.toBe(first.event?.event_id)
  })

  it('of the re-engagement report is our reengagement with its touchpoint, and decides nothing', () => {
    const { event, touchpoints, decision } = read(eventRow(1, DAY, 60, { 'Event Name': 're-engagement' }))
    expect([event?.event_name, touchpoints.length, decision]).toEqual(['reengagement', 1, undefined])
  })
})

describe('what AppsFlyer did not count', () => {
  it.each(['blocked_reason', 'Fraud Reason'])('is neither install nor revenue here: %s', (column) => {
    const install = read(installRow(1, DAY, { [column]: 'bots' }))
    expect([install.event?.event_name, install.decision]).toEqual(['blocked_install', undefined])
    const paid = { 'Event Revenue': '9.99', 'Event Revenue Currency': 'EUR', [column]: 'bots' }
    const { event } = read(eventRow(1, DAY, 5, paid))
    expect([event?.event_name, event?.revenue]).toEqual(['blocked_af_purchase', undefined])
    expect(event?.properties).toMatchObject({ appsflyer: { event_revenue: '9.99', not_counted: 'bots' } })
  })

  it('has an event of its own beside one that counts', () => {
    const counted = read(eventRow(1, DAY, 5)).event?.event_id
    expect(read(eventRow(1, DAY, 5, { blocked_reason: 'bots' })).event?.event_id).not.toBe(counted)
  })
})

describe('the columns', () => {
  it('are known by name in any order, with columns that an account appends', () => {
    const row = { ...installRow(1, DAY), match_type: 'gp_referrer', gp_click_time: '2026-10-19 23:00:00', oaid: 'o1' }
    const straight = read(row)
    const turned = read(row, [...APPSFLYER_COLUMNS, ...EXTRA].reverse())
    expect(turned.event?.event_id).toBe(straight.event?.event_id)
    expect(turned.decision?.match_type).toBe('install_referrer')
    expect(turned.event?.referrer_click_time).toBe('2026-10-19T23:00:00.000Z')
  })

  it('that nothing can be read without are named', () => {
    const columns = APPSFLYER_COLUMNS.filter((name) => name !== 'AppsFlyer ID')
    const open = () => appsflyerReader(columns, { app: { platform: 'ios' } })
    expect(open).toThrow(AppError)
    expect(open).toThrow('Line 1 lacks the column "AppsFlyer ID"')
  })

  it('of a place say None where nothing is known, and the United Kingdom is GB', () => {
    const { event } = read(installRow(1, DAY, { 'Country Code': 'UK', City: 'None', Region: 'EU' }))
    expect(event?.country).toBe('GB')
    const { appsflyer } = event?.properties ?? {}
    expect(appsflyer).toMatchObject({ region: 'EU' })
    expect(Object.keys(appsflyer ?? {})).not.toEqual(expect.arrayContaining(['city']))
    expect(Object.keys(appsflyer ?? {})).not.toContain('dma')
  })

  it('of iOS give the IDFA and the vendor id', () => {
    const row = installRow(1, DAY, { Platform: 'iOS', 'Advertising ID': '', IDFA: 'IDFA-1', IDFV: 'IDFV-1' })
    expect(read(row).event).toMatchObject({ platform: 'ios', advertising_id: 'IDFA-1', idfv: 'IDFV-1' })
  })
})

describe('a row that cannot be used', () => {
  it.each([
    [{ 'AppsFlyer ID': '' }, 'appsflyer_id'],
    [{ 'Event Name': '' }, 'event_name'],
    [{ 'Event Time': '', 'Install Time': '' }, 'event_time'],
    [{ 'Event Time': '2026-02-30 10:00:00' }, 'event_time'],
    [{ 'Event Time': '20.10.2026 10:00' }, 'event_time'],
    [{ 'Event Revenue': '1,99' }, 'event_revenue'],
    [{ 'Event Revenue': '1', 'Event Revenue Currency': 'COINS' }, 'event_revenue_currency'],
  ])('with %j is refused and names %s', (cells, field) => {
    const { refusal, event } = read(eventRow(1, DAY, 5, cells as AppsflyerCells))
    expect([refusal?.field, event]).toEqual([field, undefined])
    expect(refusal?.message.length).toBeGreaterThan(10)
  })
})
