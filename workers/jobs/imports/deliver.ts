import { z } from 'zod'
import { type DecisionRow, importedDecisionRow } from '#server/modules/attribution/index.ts'
import { type HeldImport, type RefusedRow, type Row, wouldRefuse } from '#server/modules/imports/index.ts'
import { type CollectorAnswer, sendLines } from '#server/modules/ingestion/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { type Appended, appendDecisions } from '#workers/attributor/imported.ts'
import { thereBefore } from './before.ts'

/** A collector that is away or busy is asked again for about this long. */
const PATIENCE_MS = 10 * 60_000

/** What became of a batch of rows. */
export interface Delivered {
  accepted: number
  refused: RefusedRow[]
  /** Rows among the accepted that are known to have been here before; for events and touchpoints only the loader knows. */
  known: number
  /** Installs that were decided here before, otherwise than the file says; those decisions stand. */
  held: number
}

/** Where rows go. */
export interface Target {
  /** The collector's address. */
  collector: string
  secretKey: string
  clickhouse: ClickHouseClient
  /** Rows may have been imported so long ago that only the store knows: each is looked up there before it is sent. */
  lookUp: boolean
  signal: AbortSignal
}

type Refused = Pick<RefusedRow, 'code' | 'field' | 'message'>

/**
 * Hands a batch of rows over, durably: events and touchpoints to a collector, decisions to the store. Doing it again for the
 * same rows changes nothing.
 * @param requestId names the batch; its rows carry the name, so that a batch that was sent twice is still one
 */
export async function deliver(
  held: HeldImport,
  rows: readonly Row[],
  requestId: string,
  target: Target,
): Promise<Delivered> {
  const refused = new Map<Row, Refused>()
  for (const row of rows) if (row.refusal) refused.set(row, row.refusal)
  const done = { known: 0, held: 0 }
  if (held.kind === 'decisions') await deliverDecisions(held, rows, refused, target, done)
  else await deliverRows(held, rows, refused, requestId, target, done)
  return {
    ...done,
    accepted: rows.length - refused.size,
    refused: rows.flatMap((row) => {
      const why = refused.get(row)
      return why ? [{ line: row.line, ...why, raw: row.raw() }] : []
    }),
  }
}

type Counted = Pick<Delivered, 'known' | 'held'>
interface Usable extends Row {
  item: string
}
const usable = (rows: readonly Row[], refused: ReadonlyMap<Row, Refused>): Usable[] =>
  rows.filter((row): row is Usable => row.item !== undefined && !refused.has(row))

async function deliverRows(
  held: HeldImport,
  rows: readonly Row[],
  refused: Map<Row, Refused>,
  requestId: string,
  target: Target,
  done: Counted,
): Promise<void> {
  const kind = held.kind === 'touchpoints' ? 'touchpoints' : 'events'
  if (held.format === 'appsflyer') await deliverVerdicts(held, rows, refused, requestId, target, done)
  const sent = usable(rows, refused)
  const lines = sent.map(({ item }) => item)
  for (const { index, ...why } of await send(held, kind, lines, requestId, target)) {
    const row = sent[index]
    if (row) refused.set(row, why)
  }
}

/**
 * What comes before the installs of another product's file: its verdicts, then the touchpoints they name. A verdict must be
 * there before its install is, or our engine would decide it; so what the collector would refuse is asked first.
 */
async function deliverVerdicts(
  held: HeldImport,
  rows: readonly Row[],
  refused: Map<Row, Refused>,
  requestId: string,
  target: Target,
  done: Counted,
): Promise<void> {
  const { orgId, appId, platform } = held
  const app = { orgId, appId, platform }
  const asked = usable(rows, refused)
  const items = asked.map(({ item }) => item)
  for (const { index, ...why } of wouldRefuse('event', items, app)) {
    const row = asked[index]
    if (row) refused.set(row, why)
  }
  const touched = usable(rows, refused).flatMap((row) => (row.touchpoints ?? []).map((line) => ({ row, line })))
  const touchLines = touched.map(({ line }) => line)
  for (const { index, ...why } of wouldRefuse('touchpoint', touchLines, app)) {
    const row = touched[index]?.row
    if (row) refused.set(row, why)
  }
  const good = touched.filter(({ row }) => !refused.has(row)).map(({ line }) => line)
  const decided_at = new Date().toISOString()
  const decisions = usable(rows, refused).flatMap(({ decision }) =>
    decision ? [{ ...decision, org_id: orgId, app_id: appId, decided_at }] : [],
  )
  const appended = await appendDecisions(target.clickhouse, held, decisions)
  done.held += appended.filter(({ outcome }) => outcome === 'held').length
  // Several rows of a batch name the same touchpoint.
  await send(held, 'touchpoints', [...new Set(good)], `${requestId}_t`, target)
}

/**
 * Sends lines, if there are any, and returns what was refused of them.
 * @throws Error when the answer does not add up, or rows got ids of chance
 */
async function send(
  held: HeldImport,
  kind: 'events' | 'touchpoints',
  lines: readonly string[],
  requestId: string,
  target: Target,
): Promise<CollectorAnswer['rejected']> {
  if (lines.length === 0) return []
  if (target.lookUp) {
    const before = await thereBefore(target.clickhouse, held, kind, lines)
    const places = lines.flatMap((_, at) => (before.has(at) ? [] : [at]))
    const fresh = places.map((at) => lines[at] ?? '')
    const refused = await send(held, kind, fresh, requestId, { ...target, lookUp: false })
    return refused.map((one) => ({ ...one, index: places[one.index] ?? -1 }))
  }
  const { collector, secretKey, signal } = target
  const headers = { authorization: `Bearer ${secretKey}`, 'x-app-id': held.appId, 'x-request-id': requestId }
  const answer = await sendLines(`${collector}/v1/${kind}`, lines, headers, { patienceMs: PATIENCE_MS, signal })
  if (answer.accepted + answer.rejected.length !== lines.length || answer.requestId !== requestId) {
    throw new Error(`The collector at ${collector} answered for other rows than were sent. Is it of another version?`)
  }
  if (answer.non_idempotent > 0) {
    const what = `The collector could not tell ${answer.non_idempotent} rows from new ones`
    throw new Error(`${what}: importing the file again would count them again. Please report this.`)
  }
  return answer.rejected
}

async function deliverDecisions(
  held: HeldImport,
  rows: readonly Row[],
  refused: Map<Row, Refused>,
  target: Target,
  done: Counted,
): Promise<void> {
  const read: { row: Row; decision: DecisionRow }[] = []
  for (const row of usable(rows, refused)) {
    const decision = decisionFrom(held, row.item)
    if ('code' in decision) refused.set(row, decision)
    else read.push({ row, decision })
  }
  const appended = await appendDecisions(
    target.clickhouse,
    held,
    read.map(({ decision }) => decision),
  )
  for (const [at, { row, decision }] of read.entries()) {
    const one: Appended | undefined = appended[at]
    if (one?.outcome === 'known') done.known += 1
    if (one?.outcome !== 'held') continue
    const message = `Version ${decision.version} of device ${decision.device_id} was already decided as ${one.by}. Import decisions before events.`
    refused.set(row, { code: 'already_decided', field: 'decision_id', message })
  }
}

/** A decision, or why the line is none. */
function decisionFrom(held: HeldImport, line: string): DecisionRow | Refused {
  try {
    return importedDecisionRow(held, JSON.parse(line))
  } catch (error) {
    if (!(error instanceof z.ZodError)) return { code: 'invalid_json', field: '', message: 'The line is not JSON.' }
    const [issue] = error.issues
    return { code: 'invalid_value', field: issue?.path.join('.') ?? '', message: issue?.message ?? 'does not fit' }
  }
}
