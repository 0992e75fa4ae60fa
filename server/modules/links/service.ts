import { z } from 'zod'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, newLinkId, type OrgId, type UserId } from '#server/platform/ids.ts'
import { type PrismaClient, postgres, type Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import type { CreateLinkInput, UpdateLinkInput } from './schema.ts'

/** Whose links: from the session or key, never from input alone. */
export interface LinkOwner {
  orgId: OrgId
  appId: AppId
}

const ROW = {
  id: true,
  name: true,
  mediaSource: true,
  campaign: true,
  adSet: true,
  ad: true,
  creative: true,
  siteId: true,
  subParams: true,
  androidUrl: true,
  iosUrl: true,
  webUrl: true,
  deepLink: true,
  fallbackUrl: true,
  allowedHosts: true,
  isRetargeting: true,
  createdAt: true,
  updatedAt: true,
  archivedAt: true,
} as const
const MOST_LISTED = 5000

type Stored = Awaited<ReturnType<typeof readOne>>
const subParamsSchema = z.record(z.string(), z.string()).catch({})

/** The public addresses of a link: where a click and a view are recorded. */
export function linkUrls(linkId: string): { clickUrl: string; viewUrl: string } {
  const base = env().COLLECTOR_URL.replace(/\/+$/, '')
  return { clickUrl: `${base}/c/${linkId}`, viewUrl: `${base}/v/${linkId}` }
}

function present({ id, subParams, ...rest }: Stored) {
  return { linkId: id, ...rest, subParams: subParamsSchema.parse(subParams), ...linkUrls(id) }
}

/** A tracking link as the console and scripts see it. */
export type LinkRow = ReturnType<typeof present>

async function readOne(tx: Transaction, { orgId, appId }: LinkOwner, linkId: string) {
  const found = await tx.link.findFirst({ where: { id: linkId, orgId, appId }, select: ROW })
  if (!found) throw new AppError('not_found', 'There is no such link, or you have no access to it.')
  return found
}

/**
 * An app's links, newest first, at most 5,000.
 * @param filter search: part of name, media source, campaign or id; archived: the archived ones instead of the live ones
 */
export async function listLinks(owner: LinkOwner, filter: { search?: string; archived: boolean }): Promise<LinkRow[]> {
  const { orgId, appId } = owner
  const search = filter.search?.replaceAll('\0', '').trim()
  // Prisma passes LIKE's signs on as they are.
  const contains = { contains: search?.replace(/[\\%_]/g, '\\$&'), mode: 'insensitive' } as const
  const rows = await withOrg(orgId, (tx) =>
    tx.link.findMany({
      where: {
        orgId,
        appId,
        archivedAt: filter.archived ? { not: null } : null,
        ...(search
          ? { OR: [{ name: contains }, { mediaSource: contains }, { campaign: contains }, { id: search }] }
          : {}),
      },
      select: ROW,
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
      take: MOST_LISTED,
    }),
  )
  return rows.map(present)
}

/**
 * One link.
 * @throws AppError not_found, also for another app's link
 */
export async function getLink(owner: LinkOwner, linkId: string): Promise<LinkRow> {
  return present(await withOrg(owner.orgId, (tx) => readOne(tx, owner, linkId)))
}

/**
 * Makes a link. Without a fallback address it is the app's page in its store, or the web app itself.
 * @param input validated by createLinkInput
 * @throws AppError invalid (no fallback can be derived), not_found (app)
 */
export async function createLink(
  owner: LinkOwner,
  input: CreateLinkInput & { createdBy?: UserId },
  client: PrismaClient = postgres(),
): Promise<LinkRow> {
  const { orgId, appId } = owner
  const linkId = newLinkId()
  return withOrg(
    orgId,
    async (tx) => {
      const fallbackUrl = input.fallbackUrl ?? input.webUrl ?? (await storePage(tx, owner))
      const { createdBy, ...fields } = input
      await tx.link.create({
        data: {
          ...fields,
          id: linkId,
          orgId,
          appId,
          name: input.name || `${input.mediaSource} / ${input.campaign}`.slice(0, 120),
          fallbackUrl,
          createdBy: createdBy ?? null,
        },
      })
      return present(await readOne(tx, owner, linkId))
    },
    client,
  )
}

/** Where everybody goes whom no other destination fits. */
async function storePage(tx: Transaction, { orgId, appId }: LinkOwner): Promise<string> {
  const app = await tx.app.findUnique({ where: { orgId_id: { orgId, id: appId } } })
  if (!app) throw new AppError('not_found', 'There is no such app, or you have no access to it.')
  if (app.platform === 'android') return `https://play.google.com/store/apps/details?id=${app.bundleId}`
  if (app.platform === 'web') return `https://${app.bundleId}/`
  if (app.storeId) return `https://apps.apple.com/app/id${app.storeId}`
  throw new AppError(
    'invalid',
    'Without an App Store id, clicks have nowhere to go. Type a fallback address, or the store id in the app’s settings.',
    { field: 'fallbackUrl' },
  )
}

/**
 * Changes a link; the collector follows within a second. Clicks recorded before keep what they were recorded with.
 * @throws AppError not_found
 */
export async function updateLink(owner: LinkOwner, { linkId, ...input }: UpdateLinkInput): Promise<LinkRow> {
  return withOrg(owner.orgId, async (tx) => {
    await readOne(tx, owner, linkId)
    const { fallbackUrl, ...rest } = input
    await tx.link.update({
      where: { orgId_id: { orgId: owner.orgId, id: linkId } },
      data: { ...rest, fallbackUrl: fallbackUrl === null ? await storePage(tx, owner) : fallbackUrl },
    })
    return present(await readOne(tx, owner, linkId))
  })
}

/**
 * Takes a link out of use, or back into it. An archived link answers clicks with 404.
 * @throws AppError not_found
 */
export async function archiveLink(owner: LinkOwner, linkId: string, archived: boolean): Promise<LinkRow> {
  return withOrg(owner.orgId, async (tx) => {
    const before = await readOne(tx, owner, linkId)
    if (archived !== (before.archivedAt !== null)) {
      await tx.link.update({
        where: { orgId_id: { orgId: owner.orgId, id: linkId } },
        data: { archivedAt: archived ? new Date() : null },
      })
    }
    return present(await readOne(tx, owner, linkId))
  })
}
