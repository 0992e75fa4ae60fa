import { defaultAttributionSettings } from '#server/modules/attribution/index.ts'
import { freeSlug, RESERVED_APP_SLUGS } from '#server/modules/organizations/index.ts'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, newId, newToken, type OrgId } from '#server/platform/ids.ts'
import { slugify } from '#server/platform/text.ts'
import { Prisma, type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { newKeyId } from './ingest-keys.ts'
import { type CreateAppInput, normalizeStoreId, type Platform } from './schema.ts'

/** An app as lists show it. */
export interface AppRow {
  slug: string
  name: string
  platform: Platform
  bundleId: string
  storeId: string | null
  /** IANA zone in which the app's days begin. */
  timezone: string
  createdAt: Date
}

const ROW = {
  slug: true,
  name: true,
  platform: true,
  bundleId: true,
  storeId: true,
  timezone: true,
  createdAt: true,
} as const
const MOST_PER_ORGANIZATION = 500

/** An organization's apps, oldest first. */
export function listApps(orgId: OrgId): Promise<AppRow[]> {
  return withOrg(orgId, (tx) =>
    tx.app.findMany({ where: { orgId }, select: ROW, orderBy: [{ createdAt: 'asc' }, { id: 'asc' }] }),
  )
}

/**
 * Makes an app with its first ingest key and version 1 of its attribution settings.
 * @param input validated by createAppInput
 * @throws AppError conflict when the organization has this app already
 */
export async function createApp(
  orgId: OrgId,
  input: CreateAppInput,
  client: PrismaClient = postgres(),
): Promise<{ appId: AppId; slug: string; ingestKey: string }> {
  const { name, platform, bundleId, storeId, timezone = 'UTC' } = input
  const appId = newId('app') as AppId
  const ingestKey = newId('ingestKey')
  try {
    return await withOrg(
      orgId,
      async (tx) => {
        if ((await tx.app.count({ where: { orgId } })) >= MOST_PER_ORGANIZATION)
          throw new AppError('conflict', `This organization has ${MOST_PER_ORGANIZATION} apps already.`)
        const taken = async (slug: string) =>
          RESERVED_APP_SLUGS.has(slug) || (await tx.app.count({ where: { orgId, slug } })) > 0
        const slug = await freeSlug(slugify(name, 'app'), taken, () => newToken(6))
        await tx.app.create({ data: { id: appId, orgId, slug, name, platform, bundleId, storeId, timezone } })
        await tx.ingestKey.create({ data: { id: newKeyId(), orgId, appId, key: ingestKey } })
        await tx.attributionSettings.create({
          data: { orgId, appId, version: 1, settings: defaultAttributionSettings },
        })
        return { appId, slug, ingestKey }
      },
      client,
    )
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
    throw new AppError('conflict', `This organization has an ${platform} app ${bundleId} already.`, {
      field: 'bundleId',
      cause: error,
    })
  }
}

/** Changes what may change of an app; platform and bundle id are what it is. */
export async function updateApp(
  app: { orgId: OrgId; appId: AppId; platform: Platform },
  input: { name?: string; timezone?: string; storeId?: string | null },
): Promise<AppRow> {
  const store = input.storeId === undefined ? undefined : normalizeStoreId(app.platform, input.storeId)
  if (store && 'problem' in store) throw new AppError('invalid', store.problem, { field: 'storeId' })
  return withOrg(app.orgId, (tx) =>
    tx.app.update({
      where: { orgId_id: { orgId: app.orgId, id: app.appId } },
      data: { name: input.name, timezone: input.timezone, storeId: store?.value },
      select: ROW,
    }),
  )
}

/**
 * The organization of an app, for the operator's command line.
 * @param admin the owner's client: the application's role cannot look across tenants
 */
export async function findApp(appId: string, admin: PrismaClient): Promise<{ orgId: OrgId; appId: AppId } | null> {
  const found = await admin.app.findUnique({ where: { id: appId }, select: { id: true, orgId: true } })
  return found && { orgId: found.orgId as OrgId, appId: found.id as AppId }
}
