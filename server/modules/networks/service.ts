import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, type NetworkId, newId, newToken, type OrgId, type UserId } from '#server/platform/ids.ts'
import { seal } from '#server/platform/seal.ts'
import { Prisma, type PrismaClient, postgres, type Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import type { CreateNetworkInput, UpdateNetworkInput } from './schema.ts'

/** An app's own, from the session. */
export interface NetworkOwner {
  orgId: OrgId
  appId: AppId
}

/** A network as lists show it: never its secret. Windows in milliseconds. */
export interface NetworkRow {
  id: NetworkId
  mediaSource: string
  claimUrl: string
  clickWindowMs: number
  viewWindowMs: number
  enabled: boolean
  /** While the secret before the last rotation signs too. */
  previousUntil: Date | null
  lastAskedAt: Date | null
  lastError: string | null
  lastErrorAt: Date | null
  createdAt: Date
  /** Installs of the last 30 days, by what became of the question. */
  claims: Record<ClaimState, number>
}

export const CLAIM_STATES = ['waiting', 'claimed', 'not_claimed', 'failed'] as const
export type ClaimState = (typeof CLAIM_STATES)[number]

const COUNTED_MS = 30 * 86_400_000
const MOST_NETWORKS = 50
/** How long the secret before the last rotation signs beside the new one. */
export const SECRET_OVERLAP_MS = 24 * 3_600_000

const noSuchNetwork = () => new AppError('not_found', 'There is no such network, or you have no access to it.')
const ownerOf = (id: string) => `network:${id}`
const newSecret = () => `ns_${newToken(40)}`

const ROW = {
  id: true,
  mediaSource: true,
  claimUrl: true,
  clickWindowMs: true,
  viewWindowMs: true,
  enabled: true,
  previousUntil: true,
  lastAskedAt: true,
  lastError: true,
  lastErrorAt: true,
  createdAt: true,
} as const

/** The app's networks, by name, with what became of the questions of the last 30 days. */
export function listNetworks({ orgId, appId }: NetworkOwner, client: PrismaClient = postgres()): Promise<NetworkRow[]> {
  return withOrg(
    orgId,
    async (tx) => {
      const found = await tx.network.findMany({ where: { orgId, appId }, select: ROW, orderBy: { mediaSource: 'asc' } })
      const counts = await tx.networkClaim.groupBy({
        by: ['networkId', 'state'],
        where: { orgId, appId, createdAt: { gte: new Date(Date.now() - COUNTED_MS) } },
        _count: true,
      })
      const countOf = (id: string, state: ClaimState) =>
        counts.find((one) => one.networkId === id && one.state === state)?._count ?? 0
      return found.map(({ id, clickWindowMs, viewWindowMs, ...rest }) => ({
        ...rest,
        id: id as NetworkId,
        clickWindowMs: Number(clickWindowMs),
        viewWindowMs: Number(viewWindowMs),
        claims: {
          waiting: countOf(id, 'waiting'),
          claimed: countOf(id, 'claimed'),
          not_claimed: countOf(id, 'not_claimed'),
          failed: countOf(id, 'failed'),
        },
      }))
    },
    client,
  )
}

/**
 * Adds a network; it is asked about installs that are received from then on. The secret can be read this once.
 * @param by who adds it; absent on the command line
 * @param sealing the product's secret, where this process's environment does not name it
 * @throws AppError conflict when the app has a network of this name, or fifty
 */
export async function createNetwork(
  { orgId, appId }: NetworkOwner,
  { mediaSource, claimUrl, clickWindowMs, viewWindowMs }: CreateNetworkInput,
  { by, sealing, client = postgres() }: { by?: UserId; sealing?: string; client?: PrismaClient } = {},
): Promise<{ networkId: NetworkId; secret: string }> {
  const id = newId('network') as NetworkId
  const secret = newSecret()
  try {
    await withOrg(
      orgId,
      async (tx) => {
        if ((await tx.network.count({ where: { orgId, appId } })) >= MOST_NETWORKS)
          throw new AppError('conflict', `An app has at most ${MOST_NETWORKS} networks.`)
        await tx.network.create({
          data: {
            ...{ id, orgId, appId, mediaSource, claimUrl },
            clickWindowMs: BigInt(clickWindowMs),
            viewWindowMs: BigInt(viewWindowMs),
            secret: seal(secret, ownerOf(id), sealing),
            createdBy: by ?? null,
          },
        })
      },
      client,
    )
  } catch (error) {
    if (!(error instanceof Prisma.PrismaClientKnownRequestError && error.code === 'P2002')) throw error
    const message = `This app has a network ${mediaSource} already. Change that one, or switch it on again.`
    throw new AppError('conflict', message, { field: 'mediaSource', cause: error })
  }
  return { networkId: id, secret }
}

/**
 * Changes where a network is asked and how far back its touchpoints count; questions that wait go to the new address.
 * @throws AppError not_found
 */
export async function updateNetwork({ orgId, appId }: NetworkOwner, input: UpdateNetworkInput): Promise<void> {
  const { networkId, claimUrl, clickWindowMs, viewWindowMs } = input
  const { count } = await withOrg(orgId, (tx) =>
    tx.network.updateMany({
      where: { id: networkId, orgId, appId },
      data: { claimUrl, clickWindowMs: BigInt(clickWindowMs), viewWindowMs: BigInt(viewWindowMs) },
    }),
  )
  if (count === 0) throw noSuchNetwork()
}

/**
 * Switches a network off or on. Off, nobody asks it, and questions that wait go on waiting until their install settles. On
 * again, it is asked about installs received from then on.
 * @throws AppError not_found
 */
export async function enableNetwork(
  { orgId, appId }: NetworkOwner,
  { networkId, enabled }: { networkId: string; enabled: boolean },
): Promise<void> {
  const found = await withOrg(orgId, async (tx) => {
    const where = { id: networkId, orgId, appId }
    const askedSince = enabled ? { askedSince: new Date() } : {}
    await tx.network.updateMany({ where: { ...where, enabled: !enabled }, data: { enabled, ...askedSince } })
    return tx.network.count({ where })
  })
  if (found === 0) throw noSuchNetwork()
}

/** Questions of a deleted network that go with one transaction, which has to end within five seconds. */
const MOST_DROPPED = 20_000
const droppedSchema = z.tuple([z.object({ gone: z.number(), waiting: z.number() })]).transform(([row]) => row)

/**
 * Deletes a network with every question to it, open or answered; nobody asks it again. Touchpoints that it claimed, and what
 * was decided by them, stay. There may be millions of questions, so they go piece by piece; what fails half way leaves the
 * network switched off, and deleting it once more goes on from there.
 * @throws AppError not_found
 */
export async function deleteNetwork(
  { orgId, appId }: NetworkOwner,
  networkId: string,
  client: PrismaClient = postgres(),
): Promise<{ networkId: NetworkId; mediaSource: string; droppedQuestions: number }> {
  const where = { id: networkId, orgId, appId }
  const found = await withOrg(
    orgId,
    async (tx) => {
      // Off, so that nobody notes questions about new installs meanwhile.
      await tx.network.updateMany({ where, data: { enabled: false } })
      return tx.network.findFirst({ where, select: ROW })
    },
    client,
  )
  if (!found) throw noSuchNetwork()
  let droppedQuestions = 0
  for (let gone = MOST_DROPPED; gone >= MOST_DROPPED; ) {
    const piece = await withOrg(orgId, (tx) => dropQuestions(tx, { orgId, appId }, networkId), client)
    gone = piece.gone
    droppedQuestions += piece.waiting
  }
  const { count } = await withOrg(orgId, (tx) => tx.network.deleteMany({ where }), client)
  if (count === 0) throw noSuchNetwork()
  return { networkId: found.id as NetworkId, mediaSource: found.mediaSource, droppedQuestions }
}

/** @returns how many questions are gone now, and how many of them waited for an answer */
async function dropQuestions(tx: Transaction, { orgId, appId }: NetworkOwner, networkId: string) {
  return droppedSchema.parse(
    await tx.$queryRaw`
      with gone as (
        delete from network_claims where ctid = any(array(
          select ctid from network_claims
          where org_id = ${orgId} and app_id = ${appId} and network_id = ${networkId} limit ${MOST_DROPPED}::int
        ))
        returning state
      )
      select count(*)::int as gone, (count(*) filter (where state = 'waiting'))::int as waiting from gone`,
  )
}

/**
 * Gives a network a new secret, which can be read this once. For a day requests carry signatures of both.
 * @throws AppError not_found
 */
export async function rotateNetworkSecret(
  { orgId, appId }: NetworkOwner,
  networkId: string,
): Promise<{ secret: string; previousUntil: Date }> {
  const secret = newSecret()
  const previousUntil = new Date(Date.now() + SECRET_OVERLAP_MS)
  await withOrg(orgId, async (tx) => {
    const old = await tx.network.findFirst({ where: { id: networkId, orgId, appId }, select: { secret: true } })
    if (!old) throw noSuchNetwork()
    await tx.network.updateMany({
      where: { id: networkId, orgId, appId },
      data: { secret: seal(secret, ownerOf(networkId)), previousSecret: old.secret, previousUntil },
    })
  })
  return { secret, previousUntil }
}

/** What one network was asked of an install, and what it said. */
export interface InstallClaim {
  mediaSource: string
  state: ClaimState
  tries: number
  /** Why the last try did not end it, or why it failed. */
  error: string | null
  nextTryAt: Date | null
  createdAt: Date
  endedAt: Date | null
}

/** Every question about an install, by network; empty where nobody was asked. */
export async function claimsOf({ orgId, appId }: NetworkOwner, deviceId: string): Promise<InstallClaim[]> {
  const found = await withOrg(orgId, (tx) =>
    tx.networkClaim.findMany({
      where: { orgId, appId, deviceId },
      select: {
        ...{ state: true, tries: true, error: true, nextTryAt: true, createdAt: true, endedAt: true },
        network: { select: { mediaSource: true } },
      },
    }),
  )
  return found
    .map(({ network, state, nextTryAt, ...rest }) => {
      const known = CLAIM_STATES.find((one) => one === state) ?? 'failed'
      return {
        ...rest,
        mediaSource: network.mediaSource,
        state: known,
        nextTryAt: known === 'waiting' ? nextTryAt : null,
      }
    })
    .sort((a, b) => a.mediaSource.localeCompare(b.mediaSource))
}
