import { z } from 'zod'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import { type TenantScope, withOrg } from '#server/tenancy/index.ts'
import { WINDOWS, type Window } from './schema.ts'

/** Counts in a window that ends now, by steps of the same width. */
export interface Overview {
  /** Begin of each step, RFC 3339 in UTC; the last one is still filling. */
  buckets: string[]
  /** Width of a step in seconds. */
  step: number
  /** One number per step. */
  events: number[]
  touchpoints: number[]
  rejected: number[]
  /** Refused by a limit or the plan; counted by quarters of an hour, so null where steps are finer. */
  refused: number[] | null
  totals: { events: number; sandbox: number; touchpoints: number; rejected: number; refused: number }
  /** Rejected by reason, most first. */
  rejectedByCode: { code: string; kind: string; count: number }[]
  /** Refused by reason and key, most first. */
  refusedByReason: { reason: string; keyId: string; keyName: string; count: number }[]
}

const accepted = z.object({ bucket: z.number(), rows: z.number(), sandbox: z.number() })
const rejected = z.object({ bucket: z.number(), code: z.string(), kind: z.string(), rows: z.number() })

const sum = (numbers: readonly number[]) => numbers.reduce((total, one) => total + one, 0)
const QUARTER_SECONDS = 900

/** What arrived for an app in a window: accepted by when it arrived, rejected by reason, refused by limit. */
export async function ingestionOverview(
  scope: TenantScope,
  at: { orgId: OrgId; appId: AppId },
  window: Window,
  origin: QueryOrigin,
  now: number,
): Promise<Overview> {
  const { seconds, step } = WINDOWS[window]
  const last = Math.floor(now / 1000 / step) * step
  const first = last - seconds + step
  const starts = Array.from({ length: seconds / step }, (_, place) => first + place * step)
  const count = (table: 'events' | 'touchpoints', sandbox: string) => {
    const query = new TenantQuery(scope)
    const columns = ['received_at', ...(table === 'events' ? ['environment'] : [])]
    const source = query.table(table, columns, [since(query, first)])
    const sql = `select ${bucketOf(query, step)}, count() as rows, ${sandbox} as sandbox from ${source} group by bucket`
    return query.rows(sql, accepted, origin)
  }
  const refusals = () => {
    const query = new TenantQuery(scope)
    const source = query.table('rejected_events', ['received_at', 'code', 'kind'], [since(query, first)])
    const sql = `select ${bucketOf(query, step)}, code, kind, count() as rows from ${source} group by bucket, code, kind`
    return query.rows(sql, rejected, origin)
  }
  const [events, touchpoints, letters, refused] = await Promise.all([
    count('events', `countIf(environment = 'sandbox')`),
    count('touchpoints', '0'),
    refusals(),
    refusedCounts(at, new Date(Math.floor(first / QUARTER_SECONDS) * QUARTER_SECONDS * 1000)),
  ])
  const series = (rows: readonly { bucket: number; rows: number }[]) => {
    const found = new Map<number, number>()
    for (const row of rows) found.set(row.bucket, (found.get(row.bucket) ?? 0) + row.rows)
    return starts.map((start) => found.get(start) ?? 0)
  }
  const inSteps = refused.map(({ bucket, count: rows }) => ({ bucket: Math.floor(bucket / step) * step, rows }))
  return {
    buckets: starts.map((start) => new Date(start * 1000).toISOString()),
    step,
    events: series(events),
    touchpoints: series(touchpoints),
    rejected: series(letters),
    refused: step >= QUARTER_SECONDS ? series(inSteps) : null,
    totals: {
      events: sum(events.map(({ rows }) => rows)),
      sandbox: sum(events.map(({ sandbox }) => sandbox)),
      touchpoints: sum(touchpoints.map(({ rows }) => rows)),
      rejected: sum(letters.map(({ rows }) => rows)),
      refused: sum(refused.map(({ count: rows }) => rows)),
    },
    rejectedByCode: grouped(
      letters,
      ({ code, kind }) => `${code}\n${kind}`,
      ({ code, kind }) => ({ code, kind }),
    ),
    refusedByReason: grouped(
      refused.map(({ count: rows, ...rest }) => ({ ...rest, rows })),
      ({ reason, keyId }) => `${reason}\n${keyId}`,
      ({ reason, keyId, keyName }) => ({ reason, keyId, keyName }),
    ),
  }
}

const since = (query: TenantQuery, seconds: number) =>
  `received_at >= fromUnixTimestamp64Milli(${query.bind('Int64', seconds * 1000)})`

const bucketOf = (query: TenantQuery, step: number) => {
  const width = query.bind('UInt32', step)
  return `toUInt32(intDiv(toUnixTimestamp(received_at), ${width}) * ${width}) as bucket`
}

/** Sums rows that share a name, most first. */
function grouped<Row extends { rows: number }, Group extends object>(
  rows: readonly Row[],
  nameOf: (row: Row) => string,
  groupOf: (row: Row) => Group,
): (Group & { count: number })[] {
  const groups = new Map<string, Group & { count: number }>()
  for (const row of rows) {
    const name = nameOf(row)
    const group = groups.get(name) ?? { ...groupOf(row), count: 0 }
    group.count += row.rows
    groups.set(name, group)
  }
  return [...groups.values()].sort((a, b) => b.count - a.count)
}

/** What collectors refused since a moment, with the names of the keys; a key that is gone has none. */
function refusedCounts({ orgId, appId }: { orgId: OrgId; appId: AppId }, from: Date) {
  return withOrg(orgId, async (tx) => {
    const counts = await tx.refusedCount.findMany({ where: { orgId, appId, bucket: { gte: from } } })
    const id = { in: [...new Set(counts.map(({ keyId }) => keyId))] }
    const [ingest, secret] = await Promise.all([
      tx.ingestKey.findMany({ where: { orgId, id }, select: { id: true, name: true, key: true } }),
      tx.secretKey.findMany({ where: { orgId, id }, select: { id: true, name: true } }),
    ])
    const names = new Map([
      ...ingest.map(({ id, name, key }): [string, string] => [id, name || `Ingest key …${key.slice(-4)}`]),
      ...secret.map(({ id, name }): [string, string] => [id, name]),
    ])
    return counts.map(({ bucket, keyId, reason, count }) => ({
      bucket: bucket.getTime() / 1000,
      keyId,
      keyName: names.get(keyId) ?? '',
      reason,
      count: Number(count),
    }))
  })
}

/** When the app's newest event arrived (RFC 3339, UTC); null while there is none. Looks in ever longer windows. */
export async function newestArrival(scope: TenantScope, origin: QueryOrigin, now: number): Promise<string | null> {
  for (const days of [1 / 24, 7, null]) {
    const query = new TenantQuery(scope)
    const where = days === null ? [] : [since(query, Math.floor(now / 1000 - days * 86_400))]
    const source = query.table('events', ['received_at'], where)
    const sql = `select count() as rows, toString(toUnixTimestamp64Milli(max(received_at))) as newest from ${source}`
    const [row] = await query.rows(sql, z.object({ rows: z.number(), newest: z.string() }), origin)
    if (row && row.rows > 0) return new Date(Number(row.newest)).toISOString()
  }
  return null
}
