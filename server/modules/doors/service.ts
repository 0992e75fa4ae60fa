import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import { Prisma } from '#server/stores/index.ts'
import { type TenantScope, withOrg } from '#server/tenancy/index.ts'
import { UNNAMED_EVENT } from './hot.ts'
import { type AdjustSettingsInput, eventNamesSchema } from './schema.ts'

/** An app's own, from the session. */
export interface DoorOwner {
  orgId: OrgId
  appId: AppId
}

/** What is known of the app at Adjust. */
export interface AdjustSettings {
  appToken: string
  /** Whether requests need no key when they carry the app token. */
  tokenAlone: boolean
  /** Another organization allows the same token alone, so that it proves neither: requests need a key. */
  contested: boolean
  /** In order of the event names. */
  events: { token: string; name: string }[]
  updatedAt: Date
}

const contestedSchema = z.tuple([z.object({ contested: z.boolean() })]).transform(([row]) => row.contested)

/** The app's Adjust settings; null until somebody entered the app token. */
export async function adjustSettings({ orgId, appId }: DoorOwner): Promise<AdjustSettings | null> {
  const { found, contested } = await withOrg(orgId, async (tx) => ({
    found: await tx.adjustSettings.findUnique({ where: { orgId_appId: { orgId, appId } } }),
    contested: contestedSchema.parse(await tx.$queryRaw`select adjust_token_contested(${appId}) as contested`),
  }))
  if (!found) return null
  const events = Object.entries(eventNamesSchema.parse(found.eventNames))
    .map(([token, name]) => ({ token, name }))
    .sort((a, b) => a.name.localeCompare(b.name) || a.token.localeCompare(b.token))
  return { appToken: found.appToken, tokenAlone: found.tokenAlone, contested, events, updatedAt: found.updatedAt }
}

/**
 * Writes the app's Adjust settings; the collector follows within a second.
 * @throws AppError conflict when another app of the organization has this token
 */
export async function saveAdjustSettings(
  { orgId, appId }: DoorOwner,
  { appToken, tokenAlone, events }: AdjustSettingsInput,
  updatedBy: UserId,
): Promise<void> {
  const eventNames = Object.fromEntries(events.map(({ token, name }) => [token, name]))
  const fields = { appToken, tokenAlone, eventNames, updatedBy, updatedAt: new Date() }
  try {
    await withOrg(orgId, (tx) =>
      tx.adjustSettings.upsert({
        where: { orgId_appId: { orgId, appId } },
        create: { orgId, appId, ...fields },
        update: fields,
      }),
    )
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
    throw new AppError('conflict', 'Another app of this organization has this app token. Each app has its own.', {
      field: 'appToken',
      cause: error,
    })
  }
}

/** Forgets the app's Adjust settings: requests with its app token are refused from then on. */
export async function removeAdjustSettings({ orgId, appId }: DoorOwner): Promise<void> {
  await withOrg(orgId, (tx) => tx.adjustSettings.deleteMany({ where: { orgId, appId } }))
}

const unnamedSchema = z.object({ name: z.string(), events: z.number() })

/**
 * Event tokens that arrived without a name: their events are kept under `adjust_<token>`.
 * @returns how many events each brought in the last 30 days, most first, at most 100
 */
export async function unnamedEventTokens(
  scope: TenantScope,
  origin: QueryOrigin,
): Promise<{ token: string; events: number }[]> {
  const query = new TenantQuery(scope)
  const table = query.table(
    'events',
    ['event_name', 'received_at'],
    ['received_at >= now() - interval 30 day', `startsWith(event_name, ${query.bind('String', UNNAMED_EVENT)})`],
  )
  const sql = `select toString(event_name) as name, toUInt32(count()) as events from ${table} group by name order by events desc, name limit 100`
  const rows = await query.rows(sql, unnamedSchema, origin)
  return rows.map(({ name, events }) => ({ token: name.slice(UNNAMED_EVENT.length), events }))
}
