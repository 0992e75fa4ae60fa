import { z } from 'zod'
import type { AppId, NetworkId, OrgId } from '#server/platform/ids.ts'
import { unseal } from '#server/platform/seal.ts'
import { type PrismaClient, postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { SETTLE_MS } from '../attribution/index.ts'
import { type ClaimedTouchpoint, readTouchpoint } from './answer.ts'
import { type AskableInstall, type AskedApp, type AskedInstall, askedInstall, askedInstallSchema } from './question.ts'

/** How long a question belongs to the worker that took it; longer than asking takes. */
export const CLAIM_LEASE_SECONDS = 60
/** Questions of one network that are under way at once, over all workers. */
const MOST_PER_NETWORK = 16
/** Answers are shown beside installs for so long. */
const KEPT_DAYS = 90

/** A network that is asked about new installs of an app. */
export interface AskedNetwork {
  networkId: NetworkId
  orgId: OrgId
  appId: AppId
  /** Installs received before are none of its business. */
  askedSince: Date
}

const askedSchema = z.array(
  z.object({ network_id: z.string(), org_id: z.string(), app_id: z.string(), asked_since: z.date() }),
)

/** Every network that is switched on, of every organization. */
export async function askedNetworks(client: PrismaClient = postgres()): Promise<AskedNetwork[]> {
  const rows = askedSchema.parse(await client.$queryRaw`select * from lookup_asked_networks()`)
  return rows.map((row) => ({
    networkId: row.network_id as NetworkId,
    orgId: row.org_id as OrgId,
    appId: row.app_id as AppId,
    askedSince: row.asked_since,
  }))
}

/** An install event that was received, for `noteInstalls`. */
export interface ReceivedInstall extends AskableInstall {
  /** Unix milliseconds. */
  receivedAt: number
}

/**
 * Notes for each install of an app which networks are to be asked about it. An install that was noted before stays as it is,
 * so looking at the same stretch of a log twice asks nobody twice.
 * @param now Unix milliseconds
 * @returns how many questions are new
 */
export function noteInstalls(
  { orgId, appId }: { orgId: OrgId; appId: AppId },
  networks: readonly AskedNetwork[],
  installs: readonly ReceivedInstall[],
  now: number,
  client: PrismaClient = postgres(),
): Promise<number> {
  return withOrg(
    orgId,
    async (tx) => {
      const ids = networks.map(({ networkId }) => networkId)
      const found = await tx.network.findMany({
        where: { orgId, appId, id: { in: ids }, enabled: true },
        select: { id: true, mediaSource: true, askedSince: true },
      })
      const data = found.flatMap(({ id, mediaSource, askedSince }) =>
        installs.flatMap((install) => {
          const expiresAt = install.receivedAt + SETTLE_MS
          if (install.receivedAt < askedSince.getTime() || expiresAt <= now) return []
          const asked = askedInstall(install, mediaSource)
          if (!asked) return []
          const row = { orgId, appId, networkId: id, deviceId: install.deviceId, install: { ...asked } }
          return [{ ...row, nextTryAt: new Date(now), expiresAt: new Date(expiresAt) }]
        }),
      )
      if (data.length === 0) return 0
      return (await tx.networkClaim.createMany({ data, skipDuplicates: true })).count
    },
    client,
  )
}

/** What names a question. */
export interface ClaimKey {
  orgId: OrgId
  appId: AppId
  networkId: NetworkId
  deviceId: string
}

/** A question that this worker holds. */
export interface HeldClaim extends ClaimKey {
  app: AskedApp & { platform: string }
  mediaSource: string
  claimUrl: string
  /** The one in force, then the one before while it signs. Null where AUTH_SECRET does not open them. */
  secrets: string[] | null
  clickWindowMs: number
  viewWindowMs: number
  install: AskedInstall
  tries: number
  /** Unix milliseconds; nobody asks after it. */
  expiresAt: number
  /** Set where the network has answered: it has only to be sent. */
  touchpoint: ClaimedTouchpoint | null
}

const takenSchema = z.array(
  z.object({ taken_org: z.string(), taken_app: z.string(), taken_network: z.string(), taken_device: z.string() }),
)

/**
 * Takes questions that are due, of any organization, so that no other worker asks them meanwhile. What a killed worker held
 * is due again when its lease ends.
 * @param worker names this process
 * @param most so many now, and of one host of networks no more than `perHost` held by this process
 */
export async function takeClaims(
  worker: string,
  most: { now: number; perHost: number },
  client: PrismaClient = postgres(),
): Promise<HeldClaim[]> {
  const taken = takenSchema.parse(
    await client.$queryRaw`select * from take_network_claims(${worker}, ${CLAIM_LEASE_SECONDS}, ${MOST_PER_NETWORK}, ${most.perHost}, ${most.now})`,
  )
  const byApp = Map.groupBy(taken, ({ taken_org, taken_app }) => JSON.stringify([taken_org, taken_app]))
  const held: HeldClaim[] = []
  for (const rows of byApp.values()) {
    const [first] = rows
    if (first) held.push(...(await readHeld(first.taken_org as OrgId, first.taken_app as AppId, rows, client)))
  }
  return held
}

function readHeld(
  orgId: OrgId,
  appId: AppId,
  rows: z.output<typeof takenSchema>,
  client: PrismaClient,
): Promise<HeldClaim[]> {
  return withOrg(
    orgId,
    async (tx) => {
      const { platform, bundleId, storeId } = await tx.app.findUniqueOrThrow({ where: { id: appId, orgId } })
      const found = await tx.networkClaim.findMany({
        where: {
          orgId,
          appId,
          OR: rows.map(({ taken_network, taken_device }) => ({ networkId: taken_network, deviceId: taken_device })),
        },
        include: { network: true },
      })
      return found.map(({ network, ...claim }) => ({
        ...{ orgId, appId, networkId: network.id as NetworkId, deviceId: claim.deviceId },
        app: { appId, platform, bundleId, storeId },
        mediaSource: network.mediaSource,
        claimUrl: network.claimUrl,
        secrets: secretsOf(network),
        clickWindowMs: Number(network.clickWindowMs),
        viewWindowMs: Number(network.viewWindowMs),
        install: askedInstallSchema.parse(claim.install),
        tries: claim.tries,
        expiresAt: claim.expiresAt.getTime(),
        touchpoint: readTouchpoint(claim.touchpoint),
      }))
    },
    client,
  )
}

interface Sealed {
  id: string
  secret: string
  previousSecret: string | null
  previousUntil: Date | null
}

function secretsOf({ id, secret, previousSecret, previousUntil }: Sealed): string[] | null {
  const overlaps = previousSecret !== null && previousUntil !== null && previousUntil.getTime() > Date.now()
  try {
    return [secret, ...(overlaps ? [previousSecret] : [])].map((sealed) => unseal(sealed, `network:${id}`))
  } catch {
    return null
  }
}

const endedSchema = z.tuple([z.object({ ended: z.number() })]).transform(([row]) => row.ended)

/** Ends questions whose install has settled without an answer, and forgets answers after 90 days. @returns how many ended */
export async function endOldClaims(client: PrismaClient = postgres()): Promise<number> {
  return endedSchema.parse(await client.$queryRaw`select end_network_claims(${KEPT_DAYS}) as ended`)
}
