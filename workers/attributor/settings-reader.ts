import {
  type AttributionSettings,
  allSettings,
  DEFAULT_SETTINGS,
  settingsOfVersion,
} from '#server/modules/attribution/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import type { Tenant } from './reads.ts'

/** Attribution settings of any app. */
export interface SettingsReader {
  /** Every version, oldest first: what a new install is decided under depends on its time. */
  versions(tenant: Tenant): Promise<readonly [AttributionSettings, ...AttributionSettings[]]>
  /** What an earlier decision was made under. */
  version(tenant: Tenant, version: number): Promise<AttributionSettings>
}

/** How long a change of settings may take to be noticed. */
const FRESH_MS = 1_000
/** Apps and versions kept in memory before the caches start anew. */
const KEPT = 10_000

/**
 * Reads settings from Postgres, each app inside its own organization's transaction, and keeps them: the list of versions
 * for a second, a numbered version for good, because versions never change.
 */
export function openSettingsReader(now: () => number): SettingsReader {
  const lists = new Map<string, { until: number; list: readonly [AttributionSettings, ...AttributionSettings[]] }>()
  const versions = new Map<string, AttributionSettings>()
  const keep = <V>(map: Map<string, V>, key: string, value: V) => {
    if (map.size >= KEPT) map.clear()
    map.set(key, value)
  }
  return {
    async versions(tenant) {
      const known = lists.get(tenant.appId)
      if (known && known.until > now()) return known.list
      const list = await withOrg(tenant.orgId, (tx) => allSettings(tx, tenant))
      keep(lists, tenant.appId, { until: now() + FRESH_MS, list })
      return list
    },
    async version(tenant, version) {
      const key = `${tenant.appId} ${version}`
      const known = versions.get(key)
      if (known) return known
      const stored = await withOrg(tenant.orgId, (tx) => settingsOfVersion(tx, tenant, version))
      // An app that is deleted takes its versions along; its last decisions must not stop everybody else's.
      const settings = stored ?? { ...DEFAULT_SETTINGS, version }
      keep(versions, key, settings)
      return settings
    },
  }
}
