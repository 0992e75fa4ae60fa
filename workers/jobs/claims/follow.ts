import { z } from 'zod'
import { type AskedNetwork, askedNetworks, noteInstalls, type ReceivedInstall } from '#server/modules/networks/index.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type ClickHouseClient, type PrismaClient, postgres } from '#server/stores/index.ts'

/** Installs that are read at once; a single log position is never split, so there may be a frame more. */
const AT_ONCE = 2_000
/** Questions that are noted in one transaction, which has to end within five seconds or would be tried for ever. */
const MOST_NOTED = 2_000
/** Up to so many apps the query names them; beyond, it reads every app's installs and the rest is left out here. */
const MOST_NAMED_APPS = 500
/** Requests of imports are named after them. Their installs happened long ago, and others have decided them. */
const IMPORT_REQUESTS = 'imp_'

/** What following needs from its process. */
export interface FollowTools {
  clickhouse: ClickHouseClient
  /** Absent: the process's own. */
  postgres?: PrismaClient
  /** Unix milliseconds. */
  now(): number
  /** Told of a stored install that cannot be read; nobody is asked about it. */
  onUnreadable(error: unknown): void
}

const watermarkSchema = z.array(z.object({ log_id: z.string(), last: z.string() }))
const cursorSchema = z.array(z.object({ log_id: z.string(), position: z.string() }))

async function watermarks({ clickhouse }: FollowTools): Promise<Map<string, bigint>> {
  const query = 'select log_id, toString(max(position)) as last from load_progress group by log_id'
  const found = watermarkSchema.parse(await (await clickhouse.query({ query, format: 'JSONEachRow' })).json())
  return new Map(found.map(({ log_id, last }) => [log_id, BigInt(last)]))
}

async function cursors(client: PrismaClient): Promise<Map<string, bigint>> {
  const rows = cursorSchema.parse(await client.$queryRaw`select log_id, position::text from claim_progress`)
  return new Map(rows.map(({ log_id, position }) => [log_id, BigInt(position)]))
}

/** Of two workers that follow the same log, the slower one must not set it back. */
async function saveCursor(client: PrismaClient, logId: string, position: bigint): Promise<void> {
  await client.$executeRaw`
    insert into claim_progress as p (log_id, position) values (${logId}, ${String(position)}::decimal)
    on conflict (log_id) do update set position = greatest(p.position, excluded.position), updated_at = now()`
}

/**
 * Notes questions for the installs that the loader made visible since the last time. What was noted is durable before the
 * place in the log is, and noting it twice changes nothing: a kill at any point loses and doubles nothing.
 * @returns how many questions are new
 */
export async function followInstalls(tools: FollowTools): Promise<number> {
  const client = tools.postgres ?? postgres()
  const networks = await askedNetworks(client)
  // Nothing is missed meanwhile: a network is asked only about installs received since it was added.
  if (networks.length === 0) return 0
  const known = await cursors(client)
  let noted = 0
  for (const [logId, to] of await watermarks(tools)) {
    let from = known.get(logId) ?? 0n
    while (from < to) {
      const { installs, last } = await readStretch(tools, { logId, from, to }, networks)
      for (const group of Map.groupBy(installs, appKey).values()) {
        const [first] = group
        if (!first) continue
        const own = networks.filter((network) => appKey(network) === appKey(first))
        // An app with fifty networks asks fifty questions of an install; each piece is a transaction of its own.
        const piece = own.length > 0 ? Math.ceil(MOST_NOTED / own.length) : group.length
        for (let at = 0; own.length > 0 && at < group.length; at += piece)
          noted += await noteInstalls(first, own, group.slice(at, at + piece), tools.now(), client)
      }
      await saveCursor(client, logId, last)
      from = last
    }
  }
  return noted
}

const appKey = ({ orgId, appId }: { orgId: OrgId; appId: AppId }): string => JSON.stringify([orgId, appId])

const installSchema = z
  .object({
    org_id: z.string(),
    app_id: z.string(),
    position: z.string(),
    device_id: z.string(),
    event_time: z.string(),
    received_at: z.string(),
    environment: z.string(),
    platform: z.string(),
    advertising_id: z.string(),
    idfv: z.string(),
    customer_user_id: z.string(),
    ip: z.string(),
    user_agent: z.string(),
    os_version: z.string(),
    device_model: z.string(),
    country: z.string(),
    consent: z.string(),
  })
  .transform((row) => ({
    orgId: row.org_id as OrgId,
    appId: row.app_id as AppId,
    position: BigInt(row.position),
    deviceId: row.device_id,
    installTime: new Date(row.event_time).toISOString(),
    receivedAt: Date.parse(row.received_at),
    environment: row.environment,
    platform: row.platform,
    advertisingId: row.advertising_id,
    idfv: row.idfv,
    customerUserId: row.customer_user_id,
    ip: row.ip,
    userAgent: row.user_agent,
    osVersion: row.os_version,
    deviceModel: row.device_model,
    country: row.country,
    consent: row.consent,
  }))
const positionSchema = z.object({ position: z.string().transform(BigInt) })

type FollowedInstall = ReceivedInstall & { orgId: OrgId; appId: AppId }

/** Installs of apps with a network after `from`, up to `to` or as many positions as fit, and the last position looked at. */
async function readStretch(
  { clickhouse, onUnreadable }: FollowTools,
  { logId, from, to }: { logId: string; from: bigint; to: bigint },
  networks: readonly AskedNetwork[],
): Promise<{ installs: FollowedInstall[]; last: bigint }> {
  const apps = [...new Set(networks.map(({ appId }) => appId))]
  const orgs = [...new Set(networks.map(({ orgId }) => orgId))]
  const named = apps.length <= MOST_NAMED_APPS
  const since = networks.reduce(
    (least, { askedSince }) => Math.min(least, askedSince.getTime()),
    Number.MAX_SAFE_INTEGER,
  )
  const result = await clickhouse.query({
    query: `select org_id, app_id, toString(log_position) as position, device_id,
        formatDateTime(event_time, '%FT%T.%fZ', 'UTC') as event_time, formatDateTime(received_at, '%FT%T.%fZ', 'UTC') as received_at,
        environment, platform, advertising_id, idfv, customer_user_id, ip, user_agent, os_version, device_model, country, consent
      from events
      where ${named ? 'org_id in {orgs:Array(String)} and app_id in {apps:Array(String)} and' : ''} event_name = 'install'
        and log_id = {log:String} and log_position > {from:UInt64} and log_position <= {to:UInt64}
        and events.received_at >= fromUnixTimestamp64Milli({since:Int64}, 'UTC')
        and not is_late and not startsWith(request_id, {imports:String})
      order by log_position limit ${AT_ONCE} with ties`,
    query_params: {
      ...{ log: logId, from: String(from), to: String(to), since, imports: IMPORT_REQUESTS },
      ...(named ? { orgs, apps } : {}),
    },
    format: 'JSONEachRow',
    use_multipart_params: true,
    clickhouse_settings: { log_comment: 'claims' },
  })
  const rows = await result.json<unknown>()
  const installs = rows.flatMap((row) => {
    const parsed = installSchema.safeParse(row)
    if (parsed.success) return [parsed.data]
    onUnreadable(parsed.error)
    return []
  })
  const end = rows.at(-1)
  return { installs, last: rows.length < AT_ONCE || !end ? to : positionSchema.parse(end).position }
}
