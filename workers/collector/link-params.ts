import type { HotLink } from '#server/modules/links/hot.ts'

/** What a click or view says about where it came from and whose device it was. */
export interface LinkParameters {
  campaign: string
  adSet: string
  ad: string
  creative: string
  siteId: string
  advertisingId: string
  idfv: string
  customerUserId: string
  isRetargeting: boolean
  /** The link's sub parameters and everything else that the query carried. */
  subParams: Record<string, unknown>
}

/** Parameter names of the field, ours first: AppsFlyer's (af_…, c), Adjust's (adgroup, gps_adid), utm. */
const NAMES = {
  campaign: ['campaign', 'c', 'utm_campaign'],
  adSet: ['ad_set', 'adset', 'af_adset', 'adgroup'],
  ad: ['ad', 'af_ad'],
  creative: ['creative', 'af_creative', 'utm_content'],
  siteId: ['site_id', 'siteid', 'af_siteid'],
  advertisingId: ['advertising_id', 'gaid', 'idfa', 'gps_adid'],
  idfv: ['idfv'],
  customerUserId: ['customer_user_id'],
  isRetargeting: ['is_retargeting'],
} as const

/** Destinations and switches: they decide the redirect and are not kept as sub parameters. */
export const REDIRECT_PARAMETERS = [
  'redirect',
  'af_android_url',
  'af_ios_url',
  'af_web_dp',
  'af_dp',
  'deep_link',
  'af_force_deeplink',
] as const

const CONSUMED: ReadonlySet<string> = new Set([...Object.values(NAMES).flat(), ...REDIRECT_PARAMETERS, 'key'])
const NAME_LENGTH = 500
const ID_LENGTH = 200
const MOST_SUB_PARAMETERS = 40

/** A network that did not fill in its placeholder: {campaign}, [campaign], (campaign), __CAMPAIGN__, ${campaign}. */
const UNFILLED = /^(?:\$?\{[^}]*\}+|\[[^\]]*\]|\([^)]*\)|__\w+__)$/

/** `true` and `false` as links of the field write them; anything else says nothing. */
function flag(text: string): boolean | undefined {
  return /^(true|1)$/i.test(text) ? true : /^(false|0)$/i.test(text) ? false : undefined
}

/** The first value of each parameter that has a meaning here. */
type Given = ReadonlyMap<string, string>

function firstGiven(given: Given, names: readonly string[], longest: number): string {
  if (given.size === 0) return ''
  for (const name of names) {
    const value = given.get(name)?.trim()
    if (value && !UNFILLED.test(value)) return value.slice(0, longest)
  }
  return ''
}

/**
 * Reads the field's link parameters. A value in the query goes before the link's own, because networks fill in there
 * what one link cannot know; the media source is always the link's, so that nobody can claim to be another source.
 * Unknown parameters, a network's `clickid` among them, are kept under sub_params.
 */
export function readLinkParameters(query: URLSearchParams, link: HotLink): LinkParameters {
  const subParams: Record<string, unknown> = { ...link.subParams }
  const named = new Map<string, string>()
  let kept = 0
  for (const [name, value] of query) {
    if (CONSUMED.has(name)) {
      if (!named.has(name)) named.set(name, value)
      continue
    }
    if (value === '' || UNFILLED.test(value) || name.length > 60) continue
    if (kept === MOST_SUB_PARAMETERS) continue
    kept += 1
    // defineProperty: a parameter named __proto__ is then a key like any other.
    const key = name.replace(/^af_(sub[1-5])$/, '$1')
    Object.defineProperty(subParams, key, { value: value.slice(0, NAME_LENGTH), enumerable: true, configurable: true })
  }
  return {
    campaign: firstGiven(named, NAMES.campaign, NAME_LENGTH) || link.campaign,
    adSet: firstGiven(named, NAMES.adSet, NAME_LENGTH) || link.adSet,
    ad: firstGiven(named, NAMES.ad, NAME_LENGTH) || link.ad,
    creative: firstGiven(named, NAMES.creative, NAME_LENGTH) || link.creative,
    siteId: firstGiven(named, NAMES.siteId, NAME_LENGTH) || link.siteId,
    advertisingId: firstGiven(named, NAMES.advertisingId, ID_LENGTH),
    idfv: firstGiven(named, NAMES.idfv, ID_LENGTH),
    customerUserId: firstGiven(named, NAMES.customerUserId, ID_LENGTH),
    isRetargeting: flag(firstGiven(named, NAMES.isRetargeting, NAME_LENGTH)) ?? link.isRetargeting,
    subParams,
  }
}
