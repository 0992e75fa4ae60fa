import { beforeAll, describe, expect, it, vi } from 'vitest'
import { decisionRow, eventRow, insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type TenantScope, wholeOrganization } from '#server/tenancy/index.ts'
import { CLOCK_TOLERANCE_MS } from '../engine/judge.ts'
import { type Credit, creditByModel, MULTI_TOUCH_MODELS, type MultiTouchModel, type PathRow } from '../models/index.ts'
import { multiTouchRest } from './rest.ts'
import { type MultiTouchInput, multiTouchInput } from './schema.ts'
import {
  type DataDrivenAnswer,
  dataDrivenModels,
  pathStatistics,
  type TouchModelsAnswer,
  touchModels,
} from './service.ts'
import { Turns } from './turns.ts'

const stores = useStores()
const A = { org_id: 'org_a', app_id: 'app_a' }
const scope: TenantScope = { ...wholeOrganization('org_a' as OrgId), apps: ['app_a' as AppId] }
const subject = { scope, timezone: 'UTC', currency: 'EUR' }
const ORIGIN = { surface: 'test' }
const DAY = 86_400_000
const FROM = Date.parse('2026-10-10T00:00:00Z')
const TO = Date.parse('2026-10-20T00:00:00Z')
const BASE = { from: '2026-10-10', to: '2026-10-20', conversion: 'purchase', lookbackDays: 10 }
const ask = (more: object = {}): MultiTouchInput => multiTouchInput.parse({ ...BASE, ...more })

/** The same numbers on every run. */
let seed = 42
function random(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0
  return seed / 2 ** 32
}
const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T

interface Touch {
  id: string
  at: number
  type: 'click' | 'view'
  source: string
  campaign: string
  /** Who is known to have been touched. */
  person: string
  /** When the install that names the touch happened, by its device's clock. */
  namedAt?: number
}
const touches: Touch[] = []
const installs: { person: string; at: number }[] = []
const purchases: { person: string; at: number; value: number }[] = []
const SOURCES = ['ads_net', 'video_net', 'mail', 'partner', 'social']

function addTouches(person: string, count: number, around: number) {
  for (let i = 0; i < count; i++) {
    const at = Math.round(around - random() * 14 * DAY)
    const [type, source] = [random() < 0.3 ? 'view' : 'click', pick(SOURCES)] as const
    touches.push({ id: `t${touches.length}`, at, type, source, campaign: pick(['c1', 'c2']), person })
  }
}

beforeAll(async () => {
  const keys: { key: string; device_id: string; install_time: string }[] = []
  const identified: { [touch: string]: { [column: string]: string } } = {}
  const iso = (at: number) => new Date(at).toISOString()
  for (let n = 0; n < 150; n++) {
    const person = `d${n}`
    const at = Math.round(FROM - 2 * DAY + random() * 10 * DAY)
    installs.push({ person, at })
    const first = touches.length
    addTouches(person, Math.floor(random() * 7), at + 3 * DAY)
    // Each touch is tied to its device in one of the ways there are; some in several, which must not count twice.
    for (const touch of touches.slice(first)) {
      const way = Math.floor(random() * 5)
      const columns: { [column: string]: string } = {}
      if (way === 0 || way === 4) {
        keys.push({ key: `t:${touch.id}`, device_id: person, install_time: iso(at) })
        touch.namedAt = at
      }
      if (way === 1 || way === 4) columns.advertising_id = ` GAID-${n}-F `
      if (way === 2) columns.idfv = `IDFV-${n}-F`
      if (way === 3) columns.customer_user_id = `customer ${n}`
      identified[touch.id] = columns
    }
    const own = { device_id: person, install_time: iso(at) }
    keys.push({ key: `a:gaid-${n}-f`, ...own }, { key: `i:idfv-${n}-f`, ...own }, { key: `u:customer ${n}`, ...own })
    for (let i = 0; i < Math.floor(random() * 3); i++) {
      purchases.push({ person, at: Math.round(at + random() * 6 * DAY), value: Math.round(random() * 1000) / 100 })
    }
  }
  // People who never installed: known by an advertising id, or by nothing, when each touch is somebody of its own.
  for (let n = 0; n < 60; n++) {
    const first = touches.length
    addTouches(`s${n}`, 1 + Math.floor(random() * 4), TO)
    for (const touch of touches.slice(first)) {
      if (n % 3 === 0) {
        identified[touch.id] = { advertising_id: '00000000-0000-0000-0000-000000000000' }
        touch.person = `alone ${touch.id}`
      } else identified[touch.id] = { advertising_id: `STRANGER-${n}-F` }
    }
  }
  await insertRows(
    stores.clickhouse,
    'touchpoints',
    touches.map((touch) =>
      touchpointRow({
        ...A,
        touchpoint_id: touch.id,
        touchpoint_type: touch.type,
        touchpoint_time: iso(touch.at),
        media_source: touch.source,
        campaign: touch.campaign,
        ...identified[touch.id],
      }),
    ),
  )
  await insertRows(
    stores.clickhouse,
    'keyed_installs',
    keys.map((key) => ({ ...A, ...key, environment: 'production', removed: false, written_at: key.install_time })),
  )
  await insertRows(stores.clickhouse, 'keyed_installs', [
    // A key that was taken back, and one of a test device: neither ties a touch to anybody.
    ...[false, true].map((removed) => ({
      ...{ ...A, key: 'a:stranger-1-f', device_id: 'd0', install_time: iso(FROM), environment: 'production', removed },
      written_at: iso(FROM + Number(removed)),
    })),
    { ...A, key: 'a:stranger-2-f', device_id: 'd1', install_time: iso(FROM), environment: 'sandbox', removed: false },
  ])
  await insertRows(
    stores.clickhouse,
    'decisions',
    installs.map(({ person, at }) => decisionRow({ ...A, device_id: person, install_time: iso(at) })),
  )
  await insertRows(stores.clickhouse, 'events', [
    ...purchases.map(({ person, at, value }, n) =>
      // Half of them in dollars, of which two make a euro.
      eventRow({
        ...{ ...A, event_id: `p${n}`, device_id: person, event_time: iso(at) },
        ...(n % 2 ? { revenue: value, currency: 'EUR' } : { revenue: value * 2, currency: 'USD' }),
      }),
    ),
    eventRow({ ...A, event_id: 'other', device_id: 'd0', event_name: 'level', event_time: iso(FROM), revenue: null }),
    eventRow({ ...A, event_id: 'test', device_id: 'd0', event_time: iso(FROM), environment: 'sandbox', revenue: 9 }),
    eventRow({ ...A, org_id: 'org_b', event_id: 'b', device_id: 'd0', event_time: iso(FROM), revenue: 9 }),
  ])
  const rates = ['2026-10-08', '2026-10-15'].map((day) => ({
    org_id: 'org_a',
    base: 'EUR',
    quote: 'USD',
    day,
    rate: 2,
  }))
  await insertRows(
    stores.clickhouse,
    'exchange_rates',
    rates.map((rate) => ({ ...rate, imported_at: iso(FROM) })),
  )
  const cost = { ...A, day: '2026-10-12', cost: 50, currency: 'EUR', imported_at: iso(FROM) }
  await insertRows(stores.clickhouse, 'costs', [
    { ...cost, media_source: 'ads_net', campaign: 'c1' },
    { ...cost, media_source: 'unseen_net', campaign: 'c9' },
  ])
})

/** Paths of the same data by another way: one row per journey, and the conversions that no touch precedes. */
function expected(input: MultiTouchInput, channelOf: (touch: Touch) => string) {
  const used = touches.flatMap((touch) => {
    const late = touch.at - (touch.namedAt ?? Number.POSITIVE_INFINITY)
    // One of the clocks was wrong: whoever names a touch was touched before.
    const at = late > 0 && late <= CLOCK_TOLERANCE_MS ? (touch.namedAt ?? 0) : touch.at
    return at < TO && (input.touches !== 'clicks' || touch.type === 'click') ? [{ ...touch, at, dated: touch.at }] : []
  })
  const of = new Map<string, Touch[]>()
  for (const touch of used.sort((a, b) => a.at - b.at || a.dated - b.dated)) {
    of.set(touch.person, [...(of.get(touch.person) ?? []), touch])
  }
  const lookback = input.lookbackDays * DAY
  const inRange = ({ at }: { at: number }) => at >= FROM && at < TO
  const ends = (input.conversion === 'install' ? installs.map((one) => ({ ...one, value: 0 })) : purchases).filter(
    inRange,
  )
  const rows: PathRow[] = []
  const organic = { conversions: 0, value: 0 }
  const add = (path: Touch[], at: number, won: boolean, value: number) =>
    rows.push({
      channels: path.map(channelOf),
      ages: path.map((touch) => (at - touch.at) / DAY),
      conversions: Number(won),
      value,
      nulls: Number(!won),
    })
  for (const { person, at, value } of ends) {
    const path = (of.get(person) ?? []).filter((touch) => touch.at <= at && touch.at >= at - lookback)
    if (path.length > 0) add(path, at, true, value)
    else {
      organic.conversions += 1
      organic.value += value
    }
  }
  const converted = new Set(ends.map(({ person }) => person))
  for (const [person, all] of of) {
    const last = all.at(-1)
    if (converted.has(person) || !last || !inRange(last)) continue
    const path = all.filter((touch) => touch.at >= Math.max(FROM, last.at - lookback))
    add(path, last.at, false, 0)
  }
  return { rows, organic }
}

const CASES: [string, object][] = [
  ['purchases by media source', {}],
  ['purchases by campaign, clicks only', { level: 'campaign', touches: 'clicks' }],
  ['installs by media source', { conversion: 'install' }],
  [
    'purchases with other parameters',
    { lookbackDays: 3.5, halfLifeDays: 1.5, positionWeights: { first: 0.5, middle: 0.3, last: 0.2 }, markovOrder: 2 },
  ],
  ['installs, third order', { conversion: 'install', markovOrder: 3, level: 'campaign' }],
]

describe.each(CASES)('%s', (_name, more) => {
  const input = ask(more)
  let journeys: ReturnType<typeof expected>
  let touch: TouchModelsAnswer
  let driven: DataDrivenAnswer

  beforeAll(async () => {
    journeys = expected(
      input,
      ({ source, campaign }) => `:${source}${input.level === 'campaign' ? `\u001f${campaign}` : ''}`,
    )
    touch = await touchModels(subject, input, ORIGIN)
    driven = await dataDrivenModels(subject, input, ORIGIN)
  })

  /** What the store gives each row's key. */
  function found(model: MultiTouchModel): Map<string, Credit> {
    const own = [
      ...touch.rows.map(({ key, models }) => [key, models[model]] as const),
      ...driven.rows.map(
        ({ key, credits }) => [key, Object.entries(credits).find(([name]) => name === model)?.[1]] as const,
      ),
    ]
    return new Map(
      own.flatMap(([key, one]) => (one ? [[key, { conversions: one.conversions, value: one.value ?? 0 }]] : [])),
    )
  }

  it.each(MULTI_TOUCH_MODELS)('%s: store and pure code agree to 1e-9', (model) => {
    const pure = new Map(Object.entries(creditByModel(journeys.rows, model, input)))
    pure.set('organic', journeys.organic)
    expect(journeys.rows.length).toBeGreaterThan(100)
    for (const [key, credit] of pure) {
      const own = found(model).get(key)
      expect(Math.abs((own?.conversions ?? 0) - credit.conversions), key).toBeLessThan(1e-9)
      if (input.conversion !== 'install') expect(Math.abs((own?.value ?? 0) - credit.value), key).toBeLessThan(1e-9)
    }
  })

  it.each(MULTI_TOUCH_MODELS)('%s: credits add up to the conversions', (model) => {
    const sum = [...found(model).values()].reduce((total, one) => total + one.conversions, 0)
    expect(Math.abs(sum - touch.totals.conversions)).toBeLessThan(1e-9)
  })

  it('counts every conversion and every journey that never converted', () => {
    const { rows, organic } = journeys
    expect(touch.totals.conversions).toBe(rows.reduce((total, one) => total + one.conversions, organic.conversions))
    expect(touch.totals.withTouch).toBe(rows.reduce((total, one) => total + one.conversions, 0))
    expect(driven.nulls).toBe(rows.reduce((total, one) => total + one.nulls, 0))
  })
})

describe('the answer', () => {
  it('puts costs beside credits, and knows no ROAS where there are none', async () => {
    const { rows, totals, meta } = await touchModels(subject, ask(), ORIGIN)
    const ads = rows.find(({ mediaSource }) => mediaSource === 'ads_net')
    const mail = rows.find(({ mediaSource }) => mediaSource === 'mail')
    expect(ads?.cost).toBe(50)
    expect(ads?.models.linear?.roas).toBeCloseTo((ads?.models.linear?.value ?? 0) / 50, 12)
    expect(ads?.models.linear?.costPerConversion).toBeCloseTo(50 / (ads?.models.linear?.conversions ?? 0), 12)
    expect([mail?.cost, mail?.models.linear?.roas]).toEqual([null, null])
    expect(totals.cost).toBe(100)
    const organic = rows.find(({ kind }) => kind === 'organic')?.models.linear?.value ?? 0
    expect(totals.roas).toBeCloseTo(((totals.value ?? 0) - organic) / 100, 12)
    expect(meta.missing.map(({ figure, reason, partial }) => [figure, reason, partial])).toEqual([
      ['cost', 'no_costs_imported', true],
      ['roas', 'no_costs_imported', true],
    ])
  })

  it('shows a source that was paid for and touched nobody', async () => {
    const { rows } = await touchModels(subject, ask(), ORIGIN)
    const unseen = rows.find(({ mediaSource }) => mediaSource === 'unseen_net')
    expect(unseen?.models.last_touch).toEqual({ conversions: 0, value: 0, roas: 0, costPerConversion: null })
  })

  it('puts the costs of channels that stand together beside what they brought together', async () => {
    const many = { org_id: 'org_many', app_id: 'app_many' }
    const at = '2026-10-15T10:00:00.000Z'
    // One touch each, so that the last by name is the one too many; no device has more touches than are looked at.
    const devices = ['m0', 'm1', 'm2']
    const names = Array.from({ length: 401 }, (_, n) => `net_${String(n).padStart(3, '0')}`)
    await insertRows(
      stores.clickhouse,
      'touchpoints',
      names.map((media_source, n) => {
        const touch = { ...many, touchpoint_id: media_source, touchpoint_time: at, media_source }
        return touchpointRow({ ...touch, claimed_device_id: `m${n % 3}` })
      }),
    )
    const won = { ...many, event_time: '2026-10-16T00:00:00.000Z', revenue: 5, currency: 'EUR' }
    const bought = devices.map((device_id) => eventRow({ ...won, event_id: device_id, device_id }))
    await insertRows(stores.clickhouse, 'events', bought)
    const day = { ...many, day: '2026-10-12', currency: 'EUR', imported_at: at, campaign: 'c1' }
    const spent = (media_source: string, cost: number) => ({ ...day, media_source, cost })
    await insertRows(stores.clickhouse, 'costs', [spent('net_000', 10), spent('net_400', 30), spent('unseen', 7)])
    const own = { orgId: 'org_many' as OrgId, apps: ['app_many' as AppId] }
    const { rows, totals, meta } = await touchModels({ ...subject, scope: { ...scope, ...own } }, ask(), ORIGIN)
    expect(meta.grouped).toBe(true)
    expect(rows.find(({ mediaSource }) => mediaSource === 'net_000')?.cost).toBe(10)
    expect(rows.find(({ kind }) => kind === 'other')?.cost).toBe(37)
    expect(rows.map(({ mediaSource }) => mediaSource)).not.toContain('net_400')
    expect(totals.cost).toBe(47)
  })

  it('names the currency without a rate, and shows no value that leaves it out', async () => {
    const pound = eventRow({ ...A, event_id: 'gbp', device_id: 'd3', event_name: 'tip', revenue: 5, currency: 'GBP' })
    const at = { event_time: '2026-10-12T00:00:00.000Z' }
    await insertRows(stores.clickhouse, 'events', [{ ...pound, ...at }])
    const { rows, meta } = await touchModels(subject, ask({ conversion: 'tip' }), ORIGIN)
    expect(meta.missing[0]).toMatchObject({ figure: 'value', reason: 'no_exchange_rate', currencies: ['GBP'] })
    expect(rows.every((row) => row.models.linear?.value === null)).toBe(true)
  })

  it('says that installs and events without amounts have no value', async () => {
    const reason = async (conversion: string) =>
      (await touchModels(subject, ask({ conversion }), ORIGIN)).meta.missing[0]?.reason
    expect(await reason('install')).toBe('installs_have_no_value')
    expect(await reason('level')).toBe('no_revenue')
  })

  it('is empty for days without a conversion, and knows no event that the app never had', async () => {
    const before = { from: '2026-08-01', to: '2026-08-02' }
    expect(await touchModels(subject, ask(before), ORIGIN)).toMatchObject({
      rows: [],
      totals: { conversions: 0, withTouch: 0, cost: null, roas: null },
    })
    expect(await multiTouchRest(subject, ask({ ...before, conversion: 'install' }), ORIGIN)).toMatchObject({
      rows: [],
      totals: { conversions: 0, nulls: 0 },
    })
    for (const model of [touchModels, multiTouchRest]) {
      await expect(model(subject, ask({ conversion: 'purchse' }), ORIGIN)).rejects.toMatchObject({
        ...{ code: 'not_found', field: 'conversion', message: expect.stringContaining('"purchse"') },
      })
    }
  })

  it('gives nothing in any model where nobody converted, whoever was touched', async () => {
    const driven = await dataDrivenModels(subject, ask({ conversion: 'never' }), ORIGIN)
    expect(driven.nulls).toBeGreaterThan(0)
    expect(driven.rows.flatMap(({ credits }) => Object.values(credits)).every((one) => one.conversions === 0)).toBe(
      true,
    )
  })

  it('solves the data-driven models once for all questions that have the same paths', async () => {
    const turns = new Turns()
    const asked = vi.spyOn(turns, 'share')
    const keys = async (...questions: object[]) => {
      asked.mockClear()
      for (const more of questions) await dataDrivenModels(subject, ask(more), ORIGIN, turns)
      return new Set(asked.mock.calls.map(([key]) => key)).size
    }
    const weights = { first: 1, middle: 0, last: 0 }
    expect(await keys({}, {}, { halfLifeDays: 1 }, { positionWeights: weights })).toBe(1)
    expect(await keys({}, { markovOrder: 2 }, { touches: 'clicks' }, { lookbackDays: 2 })).toBe(4)
  })

  it('counts paths, touches and days as the journeys have them', async () => {
    const input = ask()
    const { rows, organic } = expected(input, (touch) => touch.source)
    const { paths, lengths, days } = await pathStatistics(subject, input, ORIGIN)
    const top = paths[0]
    const same = rows.filter(
      (one) => one.channels.join() === top?.channels.map(({ mediaSource }) => mediaSource).join(),
    )
    expect(top?.conversions).toBe(same.reduce((sum, one) => sum + one.conversions, 0))
    expect(lengths.find(({ touches: n }) => n === 0)?.conversions).toBe(organic.conversions)
    expect(lengths.find(({ touches: n }) => n === 2)).toEqual({
      touches: 2,
      conversions: rows.filter((one) => one.channels.length === 2 && one.conversions).length,
      nulls: rows.filter((one) => one.channels.length === 2 && one.nulls).length,
    })
    expect(days.find(({ days: n }) => n === 4)?.conversions).toBe(
      rows.filter((one) => one.conversions && Math.floor(one.ages?.[0] ?? -1) === 4).length,
    )
  })

  it('knows touches by a network’s claim, by a probable match and by another product’s decision, and each once', async () => {
    const at = (day: string) => ({ touchpoint_time: `${day}T10:00:00.000Z` })
    const touch = (touchpoint_id: string, media_source: string, more: object) =>
      touchpointRow({ ...A, touchpoint_id, media_source, ...more })
    await insertRows(stores.clickhouse, 'touchpoints', [
      touch('claimed', 'claims_net', { ...at('2026-10-15'), claimed_device_id: 'e1' }),
      touch('probable', 'probable_net', at('2026-10-15')),
    ])
    const won = { outcome: 'attributed', install_time: '2026-10-16T00:00:00.000Z', touchpoint_type: 'click' }
    const decision = (device_id: string, touchpoint_id: string, match_type: string, media_source: string) =>
      decisionRow({
        ...A,
        ...won,
        ...at('2026-10-15'),
        device_id,
        touchpoint_id,
        match_type,
        media_source,
        campaign: 'c1',
      })
    await insertRows(stores.clickhouse, 'decisions', [
      decision('e1', 'claimed', 'network_claim', 'claims_net'),
      decision('e2', 'probable', 'probabilistic', 'probable_net'),
      decision('e3', '', '', 'elsewhere_net'),
    ])
    const did = { ...A, event_name: 'levelled', event_time: '2026-10-17T00:00:00.000Z' }
    await insertRows(
      stores.clickhouse,
      'events',
      ['e1', 'e2', 'e3'].map((device_id) => eventRow({ ...did, event_id: `l${device_id}`, device_id })),
    )
    const { paths } = await pathStatistics(subject, ask({ conversion: 'levelled' }), ORIGIN)
    const converted = paths.filter(({ conversions }) => conversions > 0)
    expect(converted.map(({ channels }) => channels.map(({ mediaSource }) => mediaSource)).sort()).toEqual([
      ['claims_net'],
      ['elsewhere_net'],
      ['probable_net'],
    ])
    // The click that won by its address is in that device's path, and nobody else's.
    expect(converted.map(({ nulls }) => nulls)).toEqual([0, 0, 0])
  })

  it('knows a customer by the conversion itself, whose touch is nobody else’s then', async () => {
    const at = '2026-10-15T10:00:00.000Z'
    const touch = { ...A, touchpoint_id: 'web', touchpoint_time: at, media_source: 'web_net', customer_user_id: 'c 1' }
    const did = { ...A, event_id: 'sub', event_name: 'subscribed', event_time: '2026-10-17T00:00:00.000Z' }
    await insertRows(stores.clickhouse, 'touchpoints', [touchpointRow(touch)])
    await insertRows(stores.clickhouse, 'events', [eventRow({ ...did, device_id: 'e4', customer_user_id: 'c 1' })])
    const { paths } = await pathStatistics(subject, ask({ conversion: 'subscribed' }), ORIGIN)
    const own = paths.filter(({ channels }) => channels.some(({ mediaSource }) => mediaSource === 'web_net'))
    expect(own).toMatchObject([{ conversions: 1, nulls: 0 }])
  })

  it('takes nobody for another because both have zeros for a customer id', async () => {
    const at = '2026-10-15T11:00:00.000Z'
    const zeros = { touchpoint_id: 'zeros', media_source: 'zero_net', customer_user_id: '0' }
    const did = { ...A, event_id: 'zero', event_name: 'signed_out', event_time: '2026-10-17T00:00:00.000Z' }
    await insertRows(stores.clickhouse, 'touchpoints', [touchpointRow({ ...A, touchpoint_time: at, ...zeros })])
    await insertRows(stores.clickhouse, 'events', [eventRow({ ...did, device_id: 'e5', customer_user_id: '0' })])
    const { paths } = await pathStatistics(subject, ask({ conversion: 'signed_out' }), ORIGIN)
    expect(paths.filter(({ conversions, channels }) => conversions > 0 && channels.length > 0)).toEqual([])
  })

  it('is refused to whoever may see some media sources only', async () => {
    const partner = { ...subject, scope: { ...scope, mediaSources: ['ads_net'] } }
    for (const ask1 of [touchModels, dataDrivenModels, pathStatistics]) {
      await expect(ask1(partner, ask(), ORIGIN)).rejects.toMatchObject({ code: 'forbidden' })
    }
  })

  it('hides value and cost from whoever may not see them', async () => {
    const viewer = { ...subject, scope: { ...scope, hiddenMetrics: ['revenue', 'cost'] } }
    const { rows, totals, meta } = await touchModels(viewer, ask(), ORIGIN)
    expect(rows.every((row) => row.cost === null && row.models.linear?.value === null)).toBe(true)
    expect([totals.value, totals.cost, totals.roas]).toEqual([null, null, null])
    expect(new Set(meta.missing.map(({ reason }) => reason))).toEqual(new Set(['not_in_your_access']))
    const driven = await dataDrivenModels(viewer, ask(), ORIGIN)
    const credits = driven.rows.flatMap((row) => Object.values(row.credits))
    expect(credits.some(({ conversions }) => conversions > 0)).toBe(true)
    expect(credits.every(({ value }) => value === 0)).toBe(true)
    const { paths } = await pathStatistics(viewer, ask(), ORIGIN)
    expect(paths.every(({ value }) => value === 0)).toBe(true)
  })

  it('has every model in the contract’s spelling over REST', async () => {
    const { rows, totals, meta } = await multiTouchRest(subject, ask({ level: 'campaign' }), ORIGIN)
    const row = rows.find((one) => one.media_source === 'ads_net' && one.campaign === 'c1')
    expect(Object.keys(row?.models ?? {})).toEqual([...MULTI_TOUCH_MODELS])
    expect(Object.keys(row?.models.markov ?? {})).toEqual(['conversions', 'value', 'roas', 'cost_per_conversion'])
    expect(meta.currency).toBe('EUR')
    const organic = rows.find(({ kind }) => kind === 'organic')
    for (const model of MULTI_TOUCH_MODELS) {
      const sum = rows.reduce((all, one) => all + (one.models[model]?.conversions ?? 0), 0)
      expect(sum, model).toBeCloseTo(totals.conversions, 9)
      // No model gives what nobody was touched before to anybody, nor takes anything from the others for it.
      expect(organic?.models[model]?.conversions, model).toBe(totals.conversions - totals.with_touch)
    }
    expect(totals.conversions - totals.with_touch).toBeGreaterThan(0)
  })

  it('looks at the latest 200 touches of a device that was clicked ten thousand times', async () => {
    const flood = Array.from({ length: 10_000 }, (_, n) =>
      touchpointRow({
        ...{ ...A, touchpoint_id: `flood${n}`, touchpoint_time: new Date(FROM + 4 * DAY + n * 1000).toISOString() },
        ...{ media_source: n < 9_900 ? 'flood' : 'late', advertising_id: 'gaid-5-f' },
      }),
    )
    await insertRows(stores.clickhouse, 'touchpoints', flood)
    const win = { ...A, event_id: 'won', device_id: 'd5', event_name: 'win', event_time: '2026-10-18T00:00:00.000Z' }
    await insertRows(stores.clickhouse, 'events', [eventRow(win)])
    const { rows, meta } = await touchModels(subject, ask({ conversion: 'win', touches: 'clicks' }), ORIGIN)
    expect(rows.find(({ mediaSource }) => mediaSource === 'late')?.models.linear?.conversions).toBeCloseTo(0.5, 1)
    expect(rows.reduce((sum, row) => sum + (row.models.linear?.conversions ?? 0), 0)).toBeCloseTo(1, 9)
    expect(meta.cut).toBe(1)
  })
})
