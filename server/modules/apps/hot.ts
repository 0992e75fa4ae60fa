import { HotCache, type HotCacheOptions } from '#server/platform/hot-cache.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'

export type Platform = 'ios' | 'android' | 'web'

/** An app as the collector needs it. */
export interface HotApp {
  appId: string
  platform: Platform
  bundleId: string
  storeId: string | null
}

/** Cached look-ups of apps by organization and id. */
export interface AppLookup {
  /**
   * An app of the organization that a key already proved; `null` when that organization has no such app.
   * @throws AppError `unavailable` when Postgres is away and the app is not cached
   */
  app(orgId: string, appId: string): Promise<HotApp | null>
}

/** Caches look-ups of apps over Postgres and follows its notices of changes. */
export function createAppLookup(db: HotPostgres, onLookup?: HotCacheOptions<HotApp>['onLookup']): AppLookup {
  const cache = new HotCache<HotApp>({
    name: 'app',
    onLookup,
    load: async (key) => {
      const [orgId, appId] = key.split('\n')
      const rows = await db.query<{ app_id: string; platform: Platform; bundle_id: string; store_id: string | null }>(
        'select app_id, platform, bundle_id, store_id from lookup_app($1, $2)',
        [orgId, appId],
      )
      const row = rows[0]
      if (!row) return null
      return { appId: row.app_id, platform: row.platform, bundleId: row.bundle_id, storeId: row.store_id }
    },
  })
  db.onChange(({ kind, id }) => {
    if (kind === 'everything') cache.refresh()
    else if (kind === 'app') cache.refresh((key) => key.endsWith(`\n${id}`))
  })
  return { app: (orgId, appId) => cache.get(`${orgId}\n${appId}`) }
}
