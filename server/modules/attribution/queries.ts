import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'
import { currentDecisions, type QueryOrigin, TenantQuery } from '#server/query/index.ts'
import type { TenantScope } from '#server/tenancy/index.ts'
import { BODY_COLUMNS, decisionBody } from './decision-row.ts'
import type { DecisionBody, InstallsInput } from './schema.ts'

const ORIGIN: QueryOrigin = { surface: 'attribution' }

/**
 * Every decision about one install, the current one first; empty when the device has none.
 * @param scope of one app
 */
export async function decisionHistory(scope: TenantScope, deviceId: string): Promise<DecisionBody[]> {
  return readDecisions(scope, deviceId, 1_000)
}

/**
 * The current decision about an install; `null` when the device has none.
 * @param scope of one app
 */
export async function currentDecision(scope: TenantScope, deviceId: string): Promise<DecisionBody | null> {
  return (await readDecisions(scope, deviceId, 1))[0] ?? null
}

async function readDecisions(scope: TenantScope, deviceId: string, limit: number): Promise<DecisionBody[]> {
  const query = new TenantQuery(scope)
  const device = query.bind('String', deviceId)
  const decisions = query.table('decisions', BODY_COLUMNS.split(', '), [`device_id = ${device}`])
  // A replaced row of the same version may still stand beside its replacement until the engine merges them.
  const sql = `select * from ${decisions} order by version desc, decided_at desc limit 1 by version limit ${query.bind('UInt32', limit)}`
  return (await query.rows(sql, z.unknown(), ORIGIN)).map(decisionBody)
}

const installRow = z
  .object({
    device_id: z.string(),
    install_time: z.string(),
    outcome: z.enum(['attributed', 'organic']),
    match_type: z.string(),
    touchpoint_type: z.string(),
    media_source: z.string(),
    campaign: z.string(),
    country: z.string(),
    platform: z.string(),
    conversion_type: z.enum(['install', 'reinstall', 'reattribution']),
    version: z.number(),
    decided_at: z.string(),
  })
  .transform((row) => ({
    deviceId: row.device_id,
    installTime: row.install_time,
    outcome: row.outcome,
    matchType: row.match_type || null,
    touchpointType: row.touchpoint_type || null,
    mediaSource: row.media_source,
    campaign: row.campaign,
    country: row.country,
    platform: row.platform,
    conversionType: row.conversion_type,
    /** Above 1: decided again. */
    version: row.version,
    decidedAt: row.decided_at,
  }))
/** One install in a list, with its current decision. */
export type InstallRow = z.output<typeof installRow>

const cursorSchema = z.tuple([z.number().int(), z.string()])

function readCursor(cursor: string): [number, string] {
  try {
    return cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString()))
  } catch (cause) {
    throw new AppError('invalid', 'The cursor is not one of ours. Begin again without it.', { field: 'cursor', cause })
  }
}

/**
 * Installs with their current decision, newest first, a page at a time.
 * @param scope of one app
 * @param timezone the app's IANA zone, in which `from` and `to` are days
 * @throws AppError invalid for a cursor that is not from here
 */
export async function listInstalls(
  scope: TenantScope,
  timezone: string,
  input: InstallsInput,
): Promise<{ rows: InstallRow[]; nextCursor: string | null }> {
  const query = new TenantQuery(scope)
  const zone = query.bind('String', timezone)
  const dayStart = (day: string) => `toDateTime64(toDateTime(${query.bind('Date', day)}, ${zone}), 3)`
  const where = [
    `install_time >= ${dayStart(input.from)}`,
    `install_time < ${dayStart(input.to)}`,
    `environment = ${query.bind('String', input.environment)}`,
  ]
  const equal = (column: string, value: string | undefined) => {
    if (value !== undefined) where.push(`${column} = ${query.bind('String', value)}`)
  }
  equal('media_source', input.mediaSource)
  equal('campaign', input.campaign)
  equal('outcome', input.outcome)
  equal('match_type', input.matchType)
  equal('conversion_type', input.conversionType)
  if (input.cursor !== undefined) {
    const [time, deviceId] = readCursor(input.cursor)
    const at = `(toUnixTimestamp64Milli(install_time), device_id)`
    where.push(`${at} < (${query.bind('Int64', time)}, ${query.bind('String', deviceId)})`)
  }
  const before = input.search ? [`startsWith(device_id, ${query.bind('String', input.search)})`] : []
  const decisions = currentDecisions(
    query,
    [
      'install_time',
      'outcome',
      'match_type',
      'touchpoint_type',
      'media_source',
      'campaign',
      'country',
      'platform',
      'environment',
      'conversion_type',
      'version',
      'decided_at',
    ],
    where,
    before,
  )
  const sql = `select * from ${decisions} order by install_time desc, device_id desc limit ${query.bind('UInt32', input.limit + 1)}`
  const found = await query.rows(sql, installRow, ORIGIN)
  const rows = found.slice(0, input.limit)
  const last = rows.at(-1)
  const nextCursor =
    found.length > input.limit && last
      ? Buffer.from(JSON.stringify([Date.parse(last.installTime), last.deviceId])).toString('base64url')
      : null
  return { rows, nextCursor }
}
