import type { HotLink } from '#server/modules/links/hot.ts'
import { AppError } from '#server/platform/errors.ts'

/** Who follows a link, and with what. */
export interface Visit {
  link: HotLink
  platform: 'ios' | 'android' | 'web' | ''
  query: URLSearchParams
  /** `null` for a request that is not recorded: nothing travels on then. */
  clickId: string | null
  mediaSource: string
  campaign: string
  /** Creative or ad, for utm_content; empty when unknown. */
  content: string
}

/** Schemes that run or show content of their own in the browser instead of leading anywhere. */
const NEVER: ReadonlySet<string> = new Set([
  'javascript:',
  'data:',
  'vbscript:',
  'file:',
  'blob:',
  'about:',
  'filesystem:',
])
const WEB: ReadonlySet<string> = new Set(['http:', 'https:'])

function refusal(parameter: string): AppError {
  return new AppError(
    'bad_request',
    `The destination in "${parameter}" is not allowed by this link. Its owner can allow the host in the link's settings.`,
    { field: parameter },
  )
}

/** Entries are hosts, `*.` before one for its subdomains, or `scheme://` for an app's own scheme. */
function isAllowed(url: URL, link: HotLink): boolean {
  const host = url.hostname.toLowerCase()
  const hostAllowed = link.allowedHosts.some((given) => {
    const entry = given.trim().toLowerCase()
    if (entry.startsWith('*.')) return host.endsWith(entry.slice(1)) && host.length > entry.length - 1
    return entry !== '' && (entry === host || entry === url.host.toLowerCase())
  })
  if (WEB.has(url.protocol)) return hostAllowed
  const scheme = `${url.protocol}//`
  if (link.allowedHosts.some((entry) => entry.trim().toLowerCase() === scheme)) return true
  return hostAllowed && link.deepLink?.toLowerCase().startsWith(url.protocol) === true
}

/**
 * A destination that the caller gave, if the link allows its host.
 * @returns the address as it was understood, so that no browser can understand it differently; `null` when not given
 * @throws AppError `bad_request` naming the parameter
 */
function given(query: URLSearchParams, parameter: string, link: HotLink): string | null {
  const text = query.get(parameter)
  if (!text) return null
  const url = URL.canParse(text) ? new URL(text) : null
  // User names in addresses serve to make one host look like another.
  if (!url || NEVER.has(url.protocol) || url.username !== '' || url.password !== '' || !isAllowed(url, link)) {
    throw refusal(parameter)
  }
  return url.href
}

/** Puts parameters before the fragment and leaves every other character as the owner wrote it. */
function withQuery(address: string, parameters: string): string {
  const hash = address.indexOf('#')
  const base = hash === -1 ? address : address.slice(0, hash)
  const fragment = hash === -1 ? '' : address.slice(hash)
  const joint = !base.includes('?') ? '?' : base.endsWith('?') || base.endsWith('&') ? '' : '&'
  return `${base}${joint}${parameters}${fragment}`
}

const PARAMETER = {
  click_id: /([?&])click_id=([^&#]*)(&|(?=#)|$)/,
  referrer: /([?&])referrer=([^&#]*)(&|(?=#)|$)/,
} as const

function without(address: string, parameter: keyof typeof PARAMETER): { address: string; value: string } {
  let value = ''
  const pattern = PARAMETER[parameter]
  const rest = address.replace(pattern, (_all, before: string, found: string, after: string) => {
    value = found
    return after === '&' ? before : ''
  })
  return { address: rest, value }
}

function withClickId(address: string, clickId: string | null): string {
  if (clickId === null) return address
  return withQuery(without(address, 'click_id').address, `click_id=${encodeURIComponent(clickId)}`)
}

const isPlay = (address: string) => /^(?:https?:\/\/play\.google\.com\/|market:)/i.test(address)
const isAppStore = (address: string) => /^(?:https?:\/\/(?:apps|itunes)\.apple\.com\/|itms)/i.test(address)

/** Contract: the click id travels to Google Play inside `referrer`, beside the utm fields. */
function withReferrer(address: string, visit: Visit): string {
  const utm: [string, string][] = [
    ['utm_source', visit.mediaSource],
    ['utm_campaign', visit.campaign],
    ['utm_content', visit.content],
  ]
  const fields = utm.filter(([, value]) => value !== '')
  if (visit.clickId !== null) fields.unshift(['click_id', visit.clickId])
  const ours = fields.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  const { address: rest, value: owners } = without(address, 'referrer')
  return withQuery(rest, `referrer=${encodeURIComponent(ours)}${owners ? `%26${owners}` : ''}`)
}

function onward(address: string, visit: Visit): string {
  if (isPlay(address)) return withReferrer(address, visit)
  if (isAppStore(address)) return address
  return withClickId(address, visit.clickId)
}

const isYes = (text: string | null) => text === '1' || text === 'true' || text === 'yes'

function deepLink(visit: Visit): string | null {
  const { link, query, platform } = visit
  const asked = isYes(query.get('deep_link')) || isYes(query.get('af_force_deeplink'))
  const address = given(query, 'af_dp', link) ?? (asked ? link.deepLink : null)
  if (!address) return null
  // A desktop browser cannot open an app's own scheme.
  if (platform !== 'ios' && platform !== 'android' && !/^https?:/i.test(address)) return null
  const values = [...query].filter(([name]) => /^deep_link_(?:value|sub(?:[1-9]|10))$/.test(name))
  const carried = values.map(([name, value]) => `${name}=${encodeURIComponent(value)}`).join('&')
  return carried === '' ? address : withQuery(address, carried)
}

function storeAddress(visit: Visit): string | null {
  const { link, platform } = visit
  if (platform === 'android') {
    if (link.androidUrl) return link.androidUrl
    if (link.platform !== 'android') return null
    return `https://play.google.com/store/apps/details?id=${encodeURIComponent(link.bundleId)}`
  }
  if (platform === 'ios') {
    if (link.iosUrl) return link.iosUrl
    const digits = link.platform === 'ios' ? /^(?:id)?(\d+)$/.exec(link.storeId ?? '')?.[1] : undefined
    return digits ? `https://apps.apple.com/app/id${digits}` : null
  }
  return null
}

/** The query's destination for the visitor's platform. All of them are checked, so that a forged link fails everywhere. */
function givenDestination(visit: Visit): string | null {
  const { query, link, platform } = visit
  const anywhere = given(query, 'redirect', link)
  const android = given(query, 'af_android_url', link)
  const ios = given(query, 'af_ios_url', link)
  const web = given(query, 'af_web_dp', link)
  if (anywhere) return anywhere
  if (platform === 'android') return android
  return platform === 'ios' ? ios : web
}

/** Header values hold ASCII only. */
function toAscii(address: string): string {
  return /^[\x21-\x7e]*$/.test(address)
    ? address
    : address.toWellFormed().replace(/[^\x21-\x7e]+/gu, encodeURIComponent)
}

/**
 * Where a visitor goes: a destination from the query where the link allows it, the deep link where it is asked for
 * (`deep_link=1`, `af_force_deeplink=true` or `af_dp`), the store of the visitor's platform, the web page, the fallback.
 * @returns an address for the Location header, with the click id where the destination can carry it
 * @throws AppError `bad_request` for a destination in the query that the link does not allow
 */
export function destinationFor(visit: Visit): string {
  const { link } = visit
  const fromQuery = givenDestination(visit)
  const deep = deepLink(visit)
  const address = fromQuery ?? deep ?? storeAddress(visit) ?? link.webUrl ?? link.fallbackUrl
  const scheme = /^\s*([a-z][a-z0-9+.-]*:)/i.exec(address)?.[1]?.toLowerCase()
  if (!scheme || NEVER.has(scheme)) {
    throw new AppError(
      'bad_request',
      "This link's destination is no address that can be opened. Its owner must correct it.",
    )
  }
  return toAscii(onward(address, visit))
}
