import { z } from 'zod'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { bareLoad, countRows, writeSampleFile } from './bare.ts'
import { SampleBodies } from './events.ts'
import { readMetrics, sumOf } from './metrics.ts'
import { cpuBetween, cpuOf } from './processes.ts'
import { figure, median, percentile, type Row, rate, time } from './report.ts'
import { endToEnd } from './sending.ts'

const CONNECTIONS = 16
/** Events of one run by batch size; requests of one event are so much slower that fewer must do. */
const CASES = [
  { batch: 1, events: 60_000 },
  { batch: 100, events: 4_000_000 },
  { batch: 1_000, events: 4_000_000 },
  { batch: 10_000, events: 4_000_000 },
] as const

const bytesSchema = z.array(z.object({ table: z.string(), bytes: z.number() }))

/** Bytes on disk of the tables that an event goes into, for each event. */
async function bytesPerEvent(stack: IngestStack): Promise<number> {
  const result = await stack.clickhouse.query({
    query: `select table, toFloat64(sum(bytes_on_disk)) as bytes from system.parts
      where active and database = currentDatabase() and table in ('events', 'event_ids', 'events_15m') group by table`,
    format: 'JSONEachRow',
  })
  const tables = bytesSchema.parse(await result.json())
  return tables.reduce((sum, { bytes }) => sum + bytes, 0) / (await countRows(stack.clickhouse, 'events'))
}

/**
 * `npm run bench -- ingest`: from HTTP to queryable by batch size, each run right after the bare engine loaded a file of
 * the same events into a table of the same shape, order and rollups (the baseline), and into a plain table.
 * CPU is given in milliseconds per 1,000 events (the same number as seconds per million).
 * @param options runs: repetitions, the median counts; scale: share of the full number of events; batches: only these sizes
 */
export async function benchIngest(options: {
  runs: number
  scale: number
  batches?: readonly number[] | undefined
}): Promise<Row[]> {
  const stack = await startIngestStack()
  try {
    const bodies = new SampleBodies()
    const file = writeSampleFile(stack, bodies, Math.round(4_000_000 * options.scale))
    await endToEnd(stack, bodies, { events: 50_000, batch: 1_000, connections: CONNECTIONS })
    const rows: Row[] = []
    for (const { batch, events: full } of CASES) {
      if (options.batches && !options.batches.includes(batch)) continue
      const events = Math.max(batch, Math.round((full * options.scale) / batch) * batch)
      const bare: number[] = []
      const plain: number[] = []
      const results: Awaited<ReturnType<typeof endToEnd>>[] = []
      const cpu: Record<string, number>[] = []
      const dedupe: number[] = []
      for (let run = 0; run < options.runs; run += 1) {
        bare.push(await bareLoad(stack, file, 'same'))
        plain.push(await bareLoad(stack, file, 'plain'))
        const pids = { ...stack.pids(), generator: process.pid }
        const [before, seenBefore] = [cpuOf(pids), await readMetrics(stack.ports.loader ?? 0)]
        results.push(await endToEnd(stack, bodies, { events, batch, connections: CONNECTIONS }))
        const seenAfter = await readMetrics(stack.ports.loader ?? 0)
        cpu.push(cpuBetween(before, cpuOf(pids)))
        const name = 'loader_dedupe_seconds_total'
        dedupe.push(((sumOf(seenAfter, name) - sumOf(seenBefore, name)) * 1e6) / events)
      }
      const name = `batch=${batch} connections=${CONNECTIONS} events=${events} fsync=group`
      const perSecond = median(results.map((result) => result.perSecond))
      rows.push(rate(name, 'queryable_events_per_s', perSecond, '1/s', median(bare)))
      rows.push(rate(`${name} baseline=plain_table`, 'queryable_events_per_s', perSecond, '1/s', median(plain)))
      const acks = results.flatMap(({ ackMs }) => ackMs)
      const queryable = results.flatMap(({ queryableMs }) => queryableMs)
      rows.push(time(name, 'ack_p50_ms', percentile(acks, 0.5), 'ms'))
      rows.push(time(name, 'ack_p99_ms', percentile(acks, 0.99), 'ms'))
      rows.push(time(name, 'queryable_p50_ms', percentile(queryable, 0.5), 'ms'))
      rows.push(time(name, 'queryable_p99_ms', percentile(queryable, 0.99), 'ms'))
      for (const role of Object.keys(cpu[0] ?? {})) {
        const seconds = median(cpu.map((used) => used[role] ?? 0))
        rows.push(figure(name, `cpu_ms_per_1000_events.${role}`, (seconds * 1e6) / events, 'ms'))
      }
      rows.push(figure(name, 'dedupe_ms_per_1000_events', median(dedupe), 'ms'))
    }
    file.drop()
    rows.push(figure('all batches', 'disk_bytes_per_event', await bytesPerEvent(stack), 'B'))
    return rows
  } finally {
    await stack.stop()
  }
}
