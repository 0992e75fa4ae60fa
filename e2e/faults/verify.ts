import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import type { IngestStack } from '#cli/stack/ingest-path.ts'
import { centsOf, eventId, isInvalid } from './traffic.ts'

/** What is queryable of so many acknowledged events, compared with what should be. */
export interface Verdict {
  acknowledged: number
  /** Acknowledged, but neither queryable nor a dead letter. */
  lost: number
  /** Rows beyond one for each event, in the raw table. */
  duplicated: number
  /** Sum of the rollup's counts less the raw table's. */
  rollupEventsOff: number
  /** Revenue in cents: raw table and rollup less what was sent. */
  centsOff: number
  rollupCentsOff: number
}

const sumsSchema = z.array(z.object({ rows: z.coerce.number(), cents: z.coerce.number() }))

async function sums(stack: IngestStack, query: string): Promise<{ rows: number; cents: number }> {
  const result = await stack.clickhouse.query({
    query,
    query_params: { app: stack.appId },
    format: 'JSONEachRow',
  })
  const [row] = sumsSchema.parse(await result.json())
  return row ?? { rows: 0, cents: 0 }
}

const raw = (stack: IngestStack) =>
  sums(
    stack,
    'select count() as rows, toInt64(sum(ifNull(revenue, 0)) * 100) as cents from events where app_id = {app:String}',
  )
const rollup = (stack: IngestStack) =>
  sums(
    stack,
    'select sum(events) as rows, toInt64(sum(revenue) * 100) as cents from events_15m where app_id = {app:String}',
  )

/** Waits until so many events are queryable; throws when nothing has moved for a minute and a half. */
export async function settled(stack: IngestStack, expected: number): Promise<void> {
  let best = -1
  let movedAt = Date.now()
  for (;;) {
    const now = await raw(stack).catch(() => undefined)
    if (now && now.rows >= expected) break
    if (now && now.rows > best) {
      best = now.rows
      movedAt = Date.now()
    }
    // Not thrown: the verdict says what is missing.
    if (Date.now() - movedAt > 90_000) return
    await sleep(250)
  }
  // A duplicate would arrive after the last of its kind: give it the time to show.
  await sleep(2_500)
}

/** Reads every id back and compares it with what was acknowledged: events 0 up to before `events`. */
export async function verify(stack: IngestStack, run: string, events: number): Promise<Verdict> {
  const counts = new Uint8Array(events)
  const prefix = eventId(run, 0).slice(0, -1)
  const tally = async (query: string, only: (event: number) => boolean) => {
    const { stream } = await stack.clickhouse.exec({ query: `${query} format TabSeparated` })
    let rest = ''
    for await (const chunk of stream) {
      const lines = (rest + String(chunk)).split('\n')
      rest = lines.pop() ?? ''
      for (const id of lines) {
        const event = Number(id.slice(prefix.length))
        if (!id.startsWith(prefix) || !only(event)) throw new Error(`An id that was not expected here: ${id}`)
        counts[event] = Math.min(255, (counts[event] ?? 0) + 1)
      }
    }
  }
  await tally(`select event_id from events where app_id = '${stack.appId}'`, (event) => !isInvalid(event))
  // One dead letter a day for the same text is by design, and the clocks jump across days here.
  await tally(
    `select distinct JSONExtractString(raw, 'event_id') from rejected_events where app_id = '${stack.appId}'`,
    isInvalid,
  )
  let lost = 0
  let duplicated = 0
  let cents = 0
  let valid = 0
  for (let event = 0; event < events; event += 1) {
    const count = counts[event] ?? 0
    if (count === 0) lost += 1
    duplicated += Math.max(0, count - 1)
    cents += centsOf(event)
    if (!isInvalid(event)) valid += 1
  }
  const [inTable, inRollup] = await Promise.all([raw(stack), rollup(stack)])
  return {
    acknowledged: events,
    lost,
    duplicated,
    rollupEventsOff: inRollup.rows - valid,
    centsOff: inTable.cents - cents,
    rollupCentsOff: inRollup.cents - cents,
  }
}
