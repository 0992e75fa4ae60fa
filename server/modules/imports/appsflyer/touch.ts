import { hash } from 'node:crypto'
import { type Cells, timeOf } from './cells.ts'

/** A touchpoint of ours, as it goes to the collector and into the decision. */
export interface ImportedTouch {
  touchpoint_id: string
  touchpoint_type: 'click' | 'view'
  touchpoint_time: string
  media_source: string
  campaign?: string
  ad_set?: string
  ad?: string
  site_id?: string
  advertising_id?: string
  idfv?: string
  sub_params?: Record<string, string>
}

const TYPES: ReadonlyMap<string, 'click' | 'view'> = new Map([
  ['click', 'click'],
  ['impression', 'view'],
  ['view', 'view'],
])

const SUB_PARAMS = [
  'partner',
  'channel',
  'keywords',
  'campaign_id',
  'adset_id',
  'ad_id',
  'ad_type',
  'sub_site_id',
  'sub_param_1',
  'sub_param_2',
  'sub_param_3',
  'sub_param_4',
  'sub_param_5',
  'cost_model',
  'cost_value',
  'cost_currency',
] as const

/**
 * Who AppsFlyer says earned the row; undefined: nobody, it is organic. A self-reporting network that shares nothing more
 * stands there as `restricted`.
 */
export function mediaSourceOf(cells: Cells): string | undefined {
  const source = cells.get('media_source')
  // A partner without a media source earned nothing, unless there was a touch.
  if (source === undefined) return cells.has('attributed_touch_type') ? (cells.get('partner') ?? 'unknown') : undefined
  return source.toLowerCase() === 'organic' ? undefined : source
}

/**
 * The touchpoint that AppsFlyer names; undefined where it names none that is a click or a view with a time, as it does for
 * organic rows, preinstalled apps and television.
 * @throws CellRefusal for a time that is none
 */
export function touchOf(cells: Cells): ImportedTouch | undefined {
  const source = mediaSourceOf(cells)
  const type = TYPES.get((cells.get('attributed_touch_type') ?? '').toLowerCase())
  const time = timeOf(cells, 'attributed_touch_time')
  if (source === undefined || type === undefined || time === undefined) return undefined
  const names = { campaign: 'campaign', ad_set: 'adset', ad: 'ad', site_id: 'site_id' } as const
  const origin = Object.fromEntries(Object.entries(names).flatMap(([field, key]) => entry(field, cells.get(key))))
  const sub = Object.fromEntries(SUB_PARAMS.flatMap((key) => entry(key, cells.get(key))))
  return {
    touchpoint_id: touchId(cells, [
      type,
      time,
      source,
      ...Object.values(origin),
      sub.campaign_id ?? '',
      sub.ad_id ?? '',
    ]),
    touchpoint_type: type,
    touchpoint_time: time,
    media_source: source,
    ...origin,
    ...deviceOf(cells),
    ...(Object.keys(sub).length > 0 ? { sub_params: sub } : {}),
  }
}

/** The touchpoints that AppsFlyer names as contributors, in its order; those without a time are left out. */
export function contributorsOf(cells: Cells): ImportedTouch[] {
  return [1, 2, 3].flatMap((place) => {
    const of = (name: string) => cells.get(`contributor_${place}_${name}`)
    const source = of('media_source') ?? of('partner')
    const type = TYPES.get((of('touch_type') ?? '').toLowerCase())
    const time = timeOf(cells, `contributor_${place}_touch_time`)
    if (source === undefined || source.toLowerCase() === 'organic' || !type || !time) return []
    const campaign = of('campaign')
    return [
      {
        touchpoint_id: touchId(cells, [type, time, source, campaign ?? '']),
        touchpoint_type: type,
        touchpoint_time: time,
        media_source: source,
        ...(campaign === undefined ? {} : { campaign }),
        ...deviceOf(cells),
      },
    ]
  })
}

const entry = (name: string, value: string | undefined): [string, string][] =>
  value === undefined ? [] : [[name, value]]

/** The same touchpoint stands in many rows of a device, and in many files. */
const touchId = (cells: Cells, parts: readonly string[]): string =>
  `af_${hash('md5', JSON.stringify([cells.get('appsflyer_id'), ...parts]), 'hex')}`

function deviceOf(cells: Cells): Pick<ImportedTouch, 'advertising_id' | 'idfv'> {
  const advertising = cells.get('advertising_id') ?? cells.get('idfa')
  const vendor = cells.get('idfv')
  return {
    ...(advertising === undefined ? {} : { advertising_id: advertising }),
    ...(vendor === undefined ? {} : { idfv: vendor }),
  }
}
