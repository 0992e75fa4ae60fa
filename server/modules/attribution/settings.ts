import { AppError } from '#server/platform/errors.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import type { Transaction } from '#server/stores/index.ts'
import { type AttributionSettings, DEFAULT_SETTINGS, settingsSchema } from './engine/index.ts'
import type { SettingsChange, SettingsInput, SettingsVersion } from './schema.ts'

const { version: FIRST_VERSION, ...defaults } = DEFAULT_SETTINGS

/**
 * What an app starts with: the JSON of its version 1 in `attribution_settings`. Durations in milliseconds; the field's
 * usual windows (clicks 7 d, views 24 h, reinstalls 90 d).
 */
export const defaultAttributionSettings = { ...defaults, perMediaSource: {} as Record<string, never> }

/** Which app; the organization comes from a session, a key or a stored row. */
export interface AppKey {
  orgId: OrgId
  appId: AppId
}

function read(version: number, json: unknown): AttributionSettings {
  return settingsSchema.parse({ ...(typeof json === 'object' ? json : {}), version })
}

/** The settings that installs are decided under now. An app without a row of its own gets the defaults as version 1. */
export async function currentSettings(tx: Transaction, { orgId, appId }: AppKey): Promise<AttributionSettings> {
  const row = await tx.attributionSettings.findFirst({ where: { orgId, appId }, orderBy: { version: 'desc' } })
  return row ? read(row.version, row.settings) : DEFAULT_SETTINGS
}

/** One version, as decisions name it; `null` when the app has no such version. */
export async function settingsOfVersion(
  tx: Transaction,
  { orgId, appId }: AppKey,
  version: number,
): Promise<AttributionSettings | null> {
  const row = await tx.attributionSettings.findUnique({
    where: { orgId_appId_version: { orgId, appId, version } },
  })
  if (row) return read(row.version, row.settings)
  return version === FIRST_VERSION ? DEFAULT_SETTINGS : null
}

/** Every version, newest first, with its author's e-mail and what it changed. */
export async function settingsHistory(tx: Transaction, { orgId, appId }: AppKey): Promise<SettingsVersion[]> {
  const rows = await tx.attributionSettings.findMany({ where: { orgId, appId }, orderBy: { version: 'asc' } })
  const authors = [...new Set(rows.flatMap(({ createdBy }) => createdBy ?? []))]
  const users = await tx.user.findMany({ where: { id: { in: authors } }, select: { id: true, email: true } })
  const emails = new Map(users.map(({ id, email }) => [id, email]))
  let before: AttributionSettings | null = null
  const history: SettingsVersion[] = []
  for (const row of rows) {
    const settings = read(row.version, row.settings)
    history.push({
      ...settings,
      createdAt: row.createdAt,
      author: row.createdBy === null ? null : (emails.get(row.createdBy) ?? 'a former member'),
      changes: before ? changesBetween(before, settings) : [],
    })
    before = settings
  }
  return history.reverse()
}

/**
 * Appends a version. Installs decided before keep theirs; nothing is decided again because of it.
 * @param author whose change it is; null: the operator's
 * @returns the version in force afterwards; the old one when nothing differs
 * @throws AppError conflict when somebody saved a version after `basedOnVersion`
 */
export async function saveSettings(
  tx: Transaction,
  { orgId, appId }: AppKey,
  { basedOnVersion, ...wanted }: SettingsInput,
  author: UserId | null,
): Promise<AttributionSettings> {
  // Locks the app's row, so that two people who save at the same moment do not both become the same version.
  await tx.$queryRaw`select id from apps where org_id = ${orgId} and id = ${appId} for update`
  const current = await currentSettings(tx, { orgId, appId })
  if (current.version !== basedOnVersion) {
    throw new AppError(
      'conflict',
      `Somebody saved version ${current.version} while you were editing version ${basedOnVersion}. Reload the page and make your change again.`,
    )
  }
  const next = settingsSchema.parse({ ...wanted, version: current.version + 1 })
  if (changesBetween(current, next).length === 0) return current
  const { version, ...settings } = next
  await tx.attributionSettings.create({ data: { orgId, appId, version, settings, createdBy: author } })
  return next
}

/** What differs from one version to another, app windows first, then media sources by name. */
export function changesBetween(from: AttributionSettings, to: AttributionSettings): SettingsChange[] {
  const changes: SettingsChange[] = []
  const note = (field: string, before: number | undefined, after: number | undefined) => {
    if (before !== after) changes.push({ field, from: before ?? null, to: after ?? null })
  }
  for (const field of ['clickLookbackMs', 'viewLookbackMs', 'reinstallWindowMs'] as const) {
    note(field, from[field], to[field])
  }
  const own = (settings: AttributionSettings, name: string) =>
    Object.hasOwn(settings.perMediaSource, name) ? settings.perMediaSource[name] : undefined
  for (const name of [...new Set([...Object.keys(from.perMediaSource), ...Object.keys(to.perMediaSource)])].sort()) {
    for (const field of ['clickLookbackMs', 'viewLookbackMs'] as const) {
      note(`perMediaSource.${name}.${field}`, own(from, name)?.[field], own(to, name)?.[field])
    }
  }
  return changes
}
