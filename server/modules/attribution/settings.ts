import { AppError } from '#server/platform/errors.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import type { Transaction } from '#server/stores/index.ts'
import { type AttributionSettings, DEFAULT_SETTINGS, settingsSchema } from './engine/index.ts'
import type { SettingsChange, SettingsInput, SettingsVersion } from './schema.ts'

const { version: FIRST_VERSION, ...defaults } = DEFAULT_SETTINGS

/**
 * What an app starts with: the JSON of its version 1 in `attribution_settings`. Durations in milliseconds; the field's
 * usual windows (clicks 7 d, views 24 h, probabilistic 6 h, reinstalls 90 d, inactivity 7 d).
 */
export const defaultAttributionSettings = {
  ...defaults,
  priorities: [...defaults.priorities],
  perMediaSource: {} as Record<string, never>,
}

/** Which app; the organization comes from a session, a key or a stored row. */
export interface AppKey {
  orgId: OrgId
  appId: AppId
}

function read(version: number, json: unknown): AttributionSettings {
  return settingsSchema.parse({ ...(typeof json === 'object' ? json : {}), version })
}

/**
 * Every version, oldest first, from which `settingsInForce` takes the one that an install is decided under. An app without a
 * row of its own gets the defaults as version 1.
 */
export async function allSettings(
  tx: Transaction,
  { orgId, appId }: AppKey,
): Promise<[AttributionSettings, ...AttributionSettings[]]> {
  const rows = await tx.attributionSettings.findMany({ where: { orgId, appId }, orderBy: { version: 'asc' } })
  const [first, ...rest] = rows.map((row) => read(row.version, row.settings))
  if (!first) return [DEFAULT_SETTINGS]
  // Without a row of its own version 1 is the defaults, also beside later versions that hold only from a date on.
  return first.version === FIRST_VERSION ? [first, ...rest] : [DEFAULT_SETTINGS, first, ...rest]
}

/** The newest version, also where it holds only from a date on. An app without a row of its own gets the defaults as version 1. */
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
      priorities: [...settings.priorities],
      createdAt: row.createdAt,
      author: row.createdBy === null ? null : (emails.get(row.createdBy) ?? 'a former member'),
      changes: before ? changesBetween(before, settings) : [],
    })
    before = settings
  }
  return history.reverse()
}

/**
 * Appends a version. Installs decided before keep theirs; nothing is decided again because of it. With `effectiveFrom` it
 * holds only for installs from that time on, which may lie in the past or in the future.
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
  // A date on a version says from when its rules hold: with the same rules there is nothing for another date to hold for,
  // unless the rules wait for theirs, which may be put off or brought forward.
  const waits = current.effectiveFrom !== null && Date.parse(current.effectiveFrom) > Date.now()
  if (changesBetween(current, next).every(({ field }) => field === 'effectiveFrom' && !waits)) return current
  const { version, priorities, ...settings } = next
  await tx.attributionSettings.create({
    data: { orgId, appId, version, settings: { ...settings, priorities: [...priorities] }, createdBy: author },
  })
  return next
}

const APP_FIELDS = [
  'clickLookbackMs',
  'viewLookbackMs',
  'probabilisticEnabled',
  'probabilisticWindowMs',
  'reinstallWindowMs',
  'inactivityWindowMs',
  'reengagementLookbackMs',
  'model',
] as const
const SOURCE_FIELDS = [
  'clickLookbackMs',
  'viewLookbackMs',
  'probabilisticWindowMs',
  'viewThroughEnabled',
  'probabilisticEnabled',
] as const

/** What differs from one version to another: the app's own fields first, then media sources by name, then the date. */
export function changesBetween(from: AttributionSettings, to: AttributionSettings): SettingsChange[] {
  const changes: SettingsChange[] = []
  const note = (field: string, before: SettingsChange['from'] | undefined, after: SettingsChange['to'] | undefined) => {
    if (before !== after) changes.push({ field, from: before ?? null, to: after ?? null })
  }
  for (const field of APP_FIELDS) note(field, from[field], to[field])
  note('priorities', from.priorities.join(', '), to.priorities.join(', '))
  const own = (settings: AttributionSettings, name: string) =>
    Object.hasOwn(settings.perMediaSource, name) ? settings.perMediaSource[name] : undefined
  for (const name of [...new Set([...Object.keys(from.perMediaSource), ...Object.keys(to.perMediaSource)])].sort()) {
    for (const field of SOURCE_FIELDS)
      note(`perMediaSource.${name}.${field}`, own(from, name)?.[field], own(to, name)?.[field])
  }
  note('effectiveFrom', from.effectiveFrom, to.effectiveFrom)
  return changes
}
