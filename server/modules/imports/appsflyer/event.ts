import { hash } from 'node:crypto'
import { readJson } from '../fields.ts'
import { CellRefusal, type Cells, countryOf, ipOf, numberOf, timeOf } from './cells.ts'
import { isInstall, notCounted, type Report, reportOf } from './report.ts'

/** An event of ours, as it goes to the collector. */
export interface ImportedEvent {
  event_id: string
  event_name: string
  event_time: string
  device_id: string
  platform: string
  [field: string]: unknown
}

/** Columns that become fields of ours as they are. */
const TEXTS: readonly (readonly [column: string, field: string])[] = [
  ['idfv', 'idfv'],
  ['customer_user_id', 'customer_user_id'],
  ['user_agent', 'user_agent'],
  ['os_version', 'os_version'],
  ['app_version', 'app_version'],
  ['sdk_version', 'sdk_version'],
  ['language', 'locale'],
  ['gp_referrer', 'install_referrer'],
]

/** Columns that are used up by fields of ours; all others are kept under the property `appsflyer`. */
const USED: ReadonlySet<string> = new Set([
  ...TEXTS.map(([column]) => column),
  'appsflyer_id',
  'event_time',
  'event_name',
  'event_value',
  'platform',
  'advertising_id',
  'idfa',
  'device_type',
  'gp_click_time',
  'gp_install_begin',
])

/**
 * Columns that tell one event from another. Those of the attribution are not among them: within a re-engagement window
 * AppsFlyer reports an event twice, once for each of two media sources, and it happened once.
 */
const IDENTITY = [
  'event_value',
  'event_revenue',
  'event_revenue_currency',
  'event_source',
  'mediation_network',
  'monetization_network',
  'ad_unit',
  'placement',
  'impressions',
] as const

const nameFor = (report: Report, given: string): string => {
  if (isInstall(report)) return 'install'
  if (report === 're_engagement') return 'reengagement'
  // Neither an install nor revenue: what AppsFlyer refused to count must not count here.
  return report === 'blocked' ? `blocked_${given}` : given
}

/**
 * A row as an event of ours. Its id follows from its content, so that the same row of another file is the same event.
 * @param platform of the app, where the row says none
 * @throws CellRefusal naming the column
 */
export function eventOf(cells: Cells, platform: string): ImportedEvent {
  const report = reportOf(cells)
  const device = cells.get('appsflyer_id')
  if (device === undefined)
    throw new CellRefusal('missing', 'appsflyer_id', 'AppsFlyer ID is empty: the row belongs to no device.')
  const given = cells.get('event_name')
  if (given === undefined) throw new CellRefusal('missing', 'event_name', 'Event Name is empty.')
  const happened = timeOf(cells, 'event_time')
  const installed = timeOf(cells, 'install_time')
  const time = isInstall(report) ? (installed ?? happened) : (happened ?? installed)
  if (time === undefined) throw new CellRefusal('missing', 'event_time', 'Event Time and Install Time are empty.')
  const identity = [report, device, given, time, ...IDENTITY.map((column) => cells.get(column) ?? '')]
  const event: ImportedEvent = {
    event_id: `af_${hash('md5', JSON.stringify(identity), 'hex')}`,
    event_name: nameFor(report, given),
    event_time: time,
    device_id: device,
    platform: (cells.get('platform') ?? platform).toLowerCase(),
  }
  for (const [column, field] of TEXTS) {
    const value = cells.get(column)
    if (value !== undefined) event[field] = value
  }
  const set = (field: string, value: unknown) => {
    if (value !== undefined) event[field] = value
  }
  set(
    'advertising_id',
    cells.get('advertising_id') ?? cells.get('idfa') ?? cells.get('oaid') ?? cells.get('amazon_aid'),
  )
  set('device_model', cells.get('device_model') ?? cells.get('device_type'))
  set('country', countryOf(cells))
  set('ip', ipOf(cells))
  set('referrer_click_time', timeOf(cells, 'gp_click_time'))
  set('install_begin_time', timeOf(cells, 'gp_install_begin'))
  if (report !== 'blocked') Object.assign(event, revenueOf(cells))
  event.properties = propertiesOf(cells)
  return event
}

const CURRENCIES = new Set(Intl.supportedValuesOf('currency'))

/** What was paid, as it was paid; AppsFlyer's own conversion to USD only where the currency is none of ISO 4217. */
function revenueOf(cells: Cells): { revenue?: number; currency?: string } {
  const paid = numberOf(cells, 'event_revenue')
  const converted = numberOf(cells, 'event_revenue_usd')
  const currency = cells.get('event_revenue_currency')?.toUpperCase()
  if (paid !== undefined && currency !== undefined && CURRENCIES.has(currency)) return { revenue: paid, currency }
  if (converted !== undefined) return { revenue: converted, currency: 'USD' }
  if (paid === undefined) return {}
  // Without a currency AppsFlyer takes USD.
  if (currency === undefined) return { revenue: paid, currency: 'USD' }
  throw new CellRefusal(
    'unknown_currency',
    'event_revenue_currency',
    `Event Revenue Currency is not an ISO 4217 code: ${currency.slice(0, 20)}`,
  )
}

/** The event's own values on top, and what AppsFlyer adds to them under a name of its own. */
function propertiesOf(cells: Cells): Record<string, unknown> {
  const added: Record<string, unknown> = {}
  for (const [column, value] of cells) if (!USED.has(column)) added[column] = value
  const why = notCounted(cells)
  if (why !== undefined) added.not_counted = why
  const text = cells.get('event_value')
  if (text === undefined) return { appsflyer: added }
  const value = readJson(text)
  const own = typeof value === 'object' && value !== null && !Array.isArray(value) ? value : { event_value: value }
  return { ...own, appsflyer: added }
}
