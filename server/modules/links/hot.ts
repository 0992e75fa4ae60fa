import { HotCache, type HotCacheOptions } from '#server/platform/hot-cache.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

/** A tracking link with what is needed of its app, as the collector needs it. */
export interface HotLink {
  linkId: string
  orgId: string
  appId: string
  /** Platform, bundle id and store id of the link's app. */
  platform: 'ios' | 'android' | 'web'
  bundleId: string
  storeId: string | null
  mediaSource: string
  campaign: string
  adSet: string
  ad: string
  creative: string
  siteId: string
  subParams: Readonly<Record<string, unknown>>
  androidUrl: string | null
  iosUrl: string | null
  webUrl: string | null
  deepLink: string | null
  fallbackUrl: string
  /** Hosts that a destination given in the query may have. */
  allowedHosts: readonly string[]
  /** Of a campaign that aims at people who have, or had, the app. */
  isRetargeting: boolean
  archived: boolean
}

/** Cached look-ups of links by their public id. */
export interface LinkLookup {
  /**
   * A link, archived ones too; `null` when there is none.
   * @throws AppError `unavailable` when Postgres is away and the link is not cached
   */
  link(linkId: string): Promise<HotLink | null>
  /** Whether a link was found before and is still held in memory. */
  holds(linkId: string): boolean
}

/** What link ids look like; anything else is unknown without asking Postgres. */
const LINK_ID = /^[0-9A-Za-z_-]{4,64}$/

const COLUMNS = `link_id as "linkId", org_id as "orgId", app_id as "appId", platform, bundle_id as "bundleId",
  store_id as "storeId", media_source as "mediaSource", campaign, ad_set as "adSet", ad, creative, site_id as "siteId",
  sub_params as "subParams", android_url as "androidUrl", ios_url as "iosUrl", web_url as "webUrl",
  deep_link as "deepLink", fallback_url as "fallbackUrl", allowed_hosts as "allowedHosts",
  is_retargeting as "isRetargeting", archived`

/** Caches look-ups of links over Postgres and follows its notices of changes. */
export function createLinkLookup(db: HotPostgres, onLookup?: HotCacheOptions<HotLink>['onLookup']): LinkLookup {
  const cache = new HotCache<HotLink>({
    name: 'link',
    onLookup,
    load: async (linkId) => (await db.query<HotLink>(`select ${COLUMNS} from lookup_link($1)`, [linkId]))[0] ?? null,
  })
  db.onChange(({ kind, id }) => {
    if (kind === 'link') cache.refresh((key) => key === id)
    else if (kind === 'app') cache.refresh((_key, value) => value?.appId === id)
    else if (kind === 'everything') cache.refresh()
  })
  return {
    link: async (linkId) => (LINK_ID.test(linkId) ? cache.get(linkId) : null),
    holds: (linkId) => cache.holds(linkId),
  }
}
