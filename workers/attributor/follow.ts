import { z } from 'zod'
import type { DecisionRow, StoredInstall } from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { decideApp, type Tools } from './decide-app.ts'
import { readActiveBefore } from './last-activity.ts'
import { readInstalls, readTouched, readWeights, type Stretch, type Tenant } from './reads.ts'
import { followReturns, recordActivity } from './returns/index.ts'
import { append, inTurns, rows } from './store.ts'

/** Bounds of one batch. A single log position is never split, so a batch may be larger by one frame. */
export interface BatchLimits {
  installs: number
  touchpoints: number
  /** Of every name: each may be of a device that came back. */
  events: number
}
export const BATCH: BatchLimits = { installs: 5_000, touchpoints: 50_000, events: 500_000 }
/** Devices decided together: bounds the memory of a batch whose touchpoints touch many earlier installs. */
const DEVICES_AT_ONCE = 5_000

/** What a batch came to. */
export interface BatchResult {
  /** First decisions of a device. */
  decided: number
  /** Decisions that supersede another. */
  redecided: number
  /** Rows about devices that came back, those that take an earlier one back included. */
  reengaged: number
}

const progressSchema = z.array(z.object({ log_id: z.string(), last: z.string(), at: z.string() }))

/** Where each log stands, highest position first; `at` is when it got there. */
export async function readProgress(clickhouse: ClickHouseClient, table: 'load_progress' | 'attributor_progress') {
  const at = table === 'load_progress' ? 'loaded_at' : 'decided_at'
  const found = await rows(
    clickhouse,
    `select log_id, toString(max(position)) as last, toString(argMax(${at}, position), 'UTC') as at from ${table} group by log_id`,
    {},
  )
  return new Map(
    progressSchema
      .parse(found)
      .map((row) => [row.log_id, { position: BigInt(row.last), at: Date.parse(`${row.at.replace(' ', 'T')}Z`) }]),
  )
}

/** Notes that everything up to the position has been decided, so that a restart continues there. */
export function saveProgress(tools: Tools, logId: string, position: bigint): Promise<void> {
  const row = { log_id: logId, position: String(position), decided_at: new Date(tools.now()).toISOString() }
  return append(tools.clickhouse, 'attributor_progress', [row])
}

/** The next batch within a stretch: as many positions from its beginning as the limits allow, at least one. */
async function nextBatch(
  clickhouse: ClickHouseClient,
  stretch: Stretch,
  limits: BatchLimits,
): Promise<{ batch: Stretch; installs: number; touchpoints: number }> {
  const weights = await readWeights(clickhouse, stretch)
  let installs = 0
  let touchpoints = 0
  let events = 0
  let last: bigint | undefined
  for (const weight of weights) {
    const over =
      installs + weight.installs > limits.installs ||
      touchpoints + weight.touchpoints > limits.touchpoints ||
      events + weight.events > limits.events
    if (over && last !== undefined) return { batch: { ...stretch, to: last }, installs, touchpoints }
    installs += weight.installs
    touchpoints += weight.touchpoints
    events += weight.events
    last = weight.position
  }
  const complete = weights.length < 20_000 || last === undefined
  return { batch: complete ? stretch : { ...stretch, to: last ?? stretch.to }, installs, touchpoints }
}

/**
 * Decides everything a stretch of a log asks for, batch by batch, and saves the position after each batch that wrote or that
 * another one follows.
 * Running it again over the same stretch writes nothing new, so a kill at any point is harmless.
 * @param onBatch told of each finished batch
 */
export async function followStretch(
  tools: Tools,
  stretch: Stretch,
  onBatch: (result: BatchResult) => void = () => undefined,
  options: { limits?: Partial<BatchLimits>; signal?: AbortSignal } = {},
): Promise<BatchResult> {
  const total: BatchResult = { decided: 0, redecided: 0, reengaged: 0 }
  for (let rest = stretch; ; ) {
    options.signal?.throwIfAborted()
    const { batch, installs, touchpoints } = await nextBatch(tools.clickhouse, rest, { ...BATCH, ...options.limits })
    const result: BatchResult = { decided: 0, redecided: 0, reengaged: 0 }
    // Before any decision: a reinstall is decided by when its device was last active.
    await recordActivity(tools.clickhouse, batch)
    const retargeting = await tools.retargeting.upTo(tools, batch, touchpoints)
    await decideBatch(tools, batch, { installs, touchpoints, retargeting }, result)
    result.reengaged = await followReturns(tools, batch, touchpoints, retargeting)
    total.decided += result.decided
    total.redecided += result.redecided
    total.reengaged += result.reengaged
    if (installs + touchpoints + result.redecided + result.reengaged > 0 || batch.to < rest.to) {
      await saveProgress(tools, batch.logId, batch.to)
      onBatch(result)
    }
    if (batch.to >= rest.to) return total
    // Frames below the watermark are loaded whole, so the next batch may begin after this one.
    rest = { ...rest, from: batch.to, fromIncluded: false }
  }
}

interface AppWork {
  tenant: Tenant
  fresh: StoredInstall[]
  touched: Set<string>
}

async function decideBatch(
  tools: Tools,
  batch: Stretch,
  weight: { installs: number; touchpoints: number; retargeting: readonly Tenant[] },
  result: BatchResult,
): Promise<void> {
  const apps = new Map<string, AppWork>()
  const of = (tenant: Tenant): AppWork => {
    // The organization is part of the key: an app id alone proves no tenant.
    const key = JSON.stringify([tenant.orgId, tenant.appId])
    const known = apps.get(key) ?? { tenant, fresh: [], touched: new Set<string>() }
    apps.set(key, known)
    return known
  }
  if (weight.installs > 0) {
    for (const { tenant, install } of await readInstalls(tools.clickhouse, batch, tools.onUnreadable))
      of(tenant).fresh.push(install)
  }
  if (weight.touchpoints > 0) {
    for (const { tenant, deviceId } of await readTouched(tools.clickhouse, batch)) of(tenant).touched.add(deviceId)
  }
  if (weight.retargeting.length > 0) {
    const found = await readActiveBefore(tools.clickhouse, batch, weight.retargeting)
    for (const { tenant, deviceId } of found) of(tenant).touched.add(deviceId)
  }
  const write = async (decisions: DecisionRow[]) => {
    await append(tools.clickhouse, 'decisions', decisions)
    const first = decisions.filter(({ version }) => version === 1).length
    result.decided += first
    result.redecided += decisions.length - first
  }
  const written = await inTurns([...apps.values()], (app) => decideApp(tools, app.tenant, app.fresh, firstTouched(app)))
  await write(written.flat())
  for (const app of apps.values()) {
    for (const devices of furtherTouched(app)) await write(await decideApp(tools, app.tenant, [], devices))
  }
}

const firstTouched = (app: AppWork): string[] => [...app.touched].slice(0, DEVICES_AT_ONCE)

function furtherTouched(app: AppWork): string[][] {
  const all = [...app.touched]
  const parts: string[][] = []
  for (let at = DEVICES_AT_ONCE; at < all.length; at += DEVICES_AT_ONCE) parts.push(all.slice(at, at + DEVICES_AT_ONCE))
  return parts
}
