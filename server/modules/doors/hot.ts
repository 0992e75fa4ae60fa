import { z } from 'zod'
import { HotCache, type HotCacheOptions } from '#server/platform/hot-cache.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

/** Events whose Adjust token has no name yet are kept under this and the token. */
export const UNNAMED_EVENT = 'adjust_'

type Platform = 'ios' | 'android' | 'web'

/** An app that goes by a token at Adjust. */
export interface AdjustApp {
  orgId: string
  appId: string
  platform: Platform
  /** Whether its requests need no key. */
  tokenAlone: boolean
  /** Event token -> event name. */
  eventNames: ReadonlyMap<string, string>
}

/** An app as stores and other vendors call it. */
export interface StoreApp {
  appId: string
  platform: Platform
  bundleId: string
  storeId: string | null
}

/** Cached look-ups of apps by the ids that other vendors know them by. */
export interface DoorLookup {
  /**
   * The app of an organization, proven by a key, that goes by this Adjust token; `null` when it has none.
   * @throws AppError `unavailable` when Postgres is away and the token is not cached
   */
  adjustApp(orgId: string, appToken: string): Promise<AdjustApp | null>
  /**
   * Whether anybody wrote this Adjust token down, and the app that it proves by itself: the only one of any organization
   * that allows it. A token that several allow proves none of them.
   * @throws AppError `unavailable` when Postgres is away and the token is not cached
   */
  adjustToken(appToken: string): Promise<{ known: boolean; app: AdjustApp | null }>
  /** Whether the token was found before: asking for it again is no guess. */
  knowsAdjust(appToken: string): boolean
  /**
   * The app of an organization, proven by a key, that has this bundle or store id; an Android app before others.
   * `null` when it has none.
   * @throws AppError `unavailable` when Postgres is away and the id is not cached
   */
  appByStoreId(orgId: string, id: string): Promise<StoreApp | null>
}

const eventNamesSchema = z.record(z.string(), z.string())
/** The order in which a bundle id that two platforms share is read: it is how AppsFlyer names Android apps, not others. */
const BY_BUNDLE: readonly Platform[] = ['android', 'ios', 'web']

/** Whether an id from elsewhere names this app: its bundle id, or its store id with or without `id` before the digits. */
export function isNamed({ bundleId, storeId }: { bundleId: string; storeId: string | null }, id: string): boolean {
  return id === bundleId || (storeId !== null && (id === storeId || plainStoreId(id) === storeId))
}

/** `id1234567890` is how AppsFlyer and Apple's addresses write the App Store id 1234567890. */
function plainStoreId(id: string): string {
  return /^id\d+$/i.test(id) ? id.slice(2) : id
}

/** Caches look-ups for the compatible endpoints over Postgres and follows its notices of changes. */
export function createDoorLookup(db: HotPostgres, onLookup?: HotCacheOptions<unknown>['onLookup']): DoorLookup {
  const adjustRows = async (from: string, values: readonly string[]): Promise<AdjustApp[]> => {
    const rows = await db.query<Omit<AdjustApp, 'eventNames'> & { eventNames: unknown }>(
      `select org_id as "orgId", app_id as "appId", platform, token_alone as "tokenAlone", event_names as "eventNames" from ${from}`,
      [...values],
    )
    return rows.map((row) => ({
      ...row,
      eventNames: new Map(Object.entries(eventNamesSchema.parse(row.eventNames))),
    }))
  }
  const adjust = new HotCache<readonly AdjustApp[]>({
    name: 'app token',
    onLookup,
    load: async (token) => {
      const rows = await adjustRows('lookup_adjust_app($1)', [token])
      return rows.length > 0 ? rows : null
    },
  })
  const adjustOfOrg = new HotCache<AdjustApp>({
    name: 'app token',
    onLookup,
    load: async (key) => (await adjustRows('lookup_adjust_app_of($1, $2)', key.split('\n')))[0] ?? null,
  })
  const stores = new HotCache<StoreApp>({
    name: 'app',
    onLookup,
    load: async (key) => {
      const [orgId, id = ''] = key.split('\n')
      const rows = await db.query<StoreApp>(
        `select app_id as "appId", platform, bundle_id as "bundleId", store_id as "storeId" from lookup_app_by_store_id($1, $2)`,
        [orgId, id],
      )
      const byStore = rows.find((row) => row.storeId === id)
      return byStore ?? BY_BUNDLE.map((platform) => rows.find((row) => row.platform === platform)).find(Boolean) ?? null
    },
  })
  db.onChange(({ kind, id }) => {
    if (kind === 'adjust_app') {
      adjust.drop(id)
      // While Postgres is away the old one stands: its senders proved a key besides.
      adjustOfOrg.refresh((key) => key.endsWith(`\n${id}`))
    } else if (kind === 'app') {
      // A new app may be what nothing was found for; a changed one may be named otherwise now.
      stores.refresh()
      adjust.refresh((_token, apps) => apps?.some((app) => app.appId === id) ?? false)
      adjustOfOrg.refresh((_key, app) => app?.appId === id)
    } else if (kind === 'everything') {
      stores.refresh()
      adjust.refresh()
      adjustOfOrg.refresh()
    }
  })
  return {
    adjustApp: (orgId, token) => adjustOfOrg.get(`${orgId}\n${token}`),
    async adjustToken(token) {
      const found = (await adjust.get(token)) ?? []
      const [app, ...others] = found.filter(({ tokenAlone }) => tokenAlone)
      return { known: found.length > 0, app: app && others.length === 0 ? app : null }
    },
    knowsAdjust: (token) => adjust.holds(token),
    appByStoreId: (orgId, id) => stores.get(`${orgId}\n${plainStoreId(id)}`),
  }
}
