import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { countRows } from './bare.ts'
import { SampleBodies } from './events.ts'
import { openConnections } from './http.ts'
import { readMetrics, sumOf } from './metrics.ts'
import { residentMb } from './processes.ts'
import { figure, percentile, type Row, slopePerMinute } from './report.ts'
import { endToEnd, eventsHead } from './sending.ts'

const BATCH = 1_000
const CONNECTIONS = 16
const SAMPLE_MS = 5_000
/** Share of the disk for loaded segments: an hour at half of the peak is more than 100 GB, which a test machine may not have. */
const KEEP_SHARE = '0.02'
/** Share of the time that is not judged: caches fill, the heap finds its size. */
const WARM_UP_SHARE = 0.25

/** One look at the running stack. */
interface Look {
  minute: number
  residentMb: Record<string, number | null>
  lagSeconds: number
  parts: number
}

async function activeParts(stack: IngestStack): Promise<number> {
  return countRows(stack.clickhouse, 'system.parts where active and database = currentDatabase()')
}

/**
 * `npm run bench -- soak`: half of the peak for some minutes. Memory of each process (slope in megabytes a minute after
 * the first quarter), how far the loader is behind, active parts. Every acknowledged event must be queryable at the end.
 * @param options minutes: how long; scale: share of the events that measure the peak
 */
export async function benchSoak(options: { minutes: number; scale: number }): Promise<Row[]> {
  const stack = await startIngestStack({ env: { EVENT_LOG_KEEP_SHARE: KEEP_SHARE } })
  try {
    const bodies = new SampleBodies()
    const peakEvents = Math.round(4_000_000 * options.scale)
    const peak = await endToEnd(stack, bodies, { events: peakEvents, batch: BATCH, connections: CONNECTIONS })
    const perSecond = peak.perSecond / 2
    const before = await countRows(stack.clickhouse, 'events')
    const looks: Look[] = []
    const started = performance.now()
    const end = started + options.minutes * 60_000
    const pids = stack.pids()
    const watching = (async () => {
      while (performance.now() < end) {
        await new Promise((resolve) => setTimeout(resolve, SAMPLE_MS))
        const metrics = await readMetrics(stack.ports.loader ?? 0)
        const look: Look = {
          minute: (performance.now() - started) / 60_000,
          residentMb: Object.fromEntries(Object.entries(pids).map(([name, pid]) => [name, residentMb(pid)])),
          lagSeconds: sumOf(metrics, 'loader_lag_seconds'),
          parts: await activeParts(stack),
        }
        if (Math.floor(look.minute) > Math.floor(looks.at(-1)?.minute ?? 0)) console.error(inWords(look, looks))
        looks.push(look)
      }
    })()
    const sent = await sendAtRate(stack, bodies, perSecond, end)
    await watching
    await waitFor(stack, before + sent)
    return report(looks, `minutes=${options.minutes} events_per_s=${Math.round(perSecond)}`, sent)
  } finally {
    await stack.stop()
  }
}

/** A line for somebody who watches: how the last minute was. */
function inWords({ minute, residentMb: resident, parts }: Look, looks: readonly Look[]): string {
  const lag = Math.max(...looks.filter((look) => look.minute > minute - 1).map(({ lagSeconds }) => lagSeconds))
  const memory = Object.entries(resident).map(([name, mb]) => `${name} ${mb === null ? '?' : Math.round(mb)} MB`)
  return `minute ${Math.floor(minute)}: at most ${lag.toFixed(1)} s behind, ${parts} parts, ${memory.join(', ')}`
}

async function sendAtRate(stack: IngestStack, bodies: SampleBodies, perSecond: number, end: number): Promise<number> {
  const connections = await openConnections(stack.ports.collector ?? 0, CONNECTIONS)
  const started = performance.now()
  let sent = 0
  await Promise.all(
    connections.map(async (connection) => {
      while (performance.now() < end) {
        const due = started + (sent / perSecond) * 1000
        sent += BATCH
        const wait = due - performance.now()
        if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
        const body = bodies.body(BATCH)
        const answer = await connection.send(eventsHead(stack, body.length), body)
        if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`)
      }
    }),
  )
  for (const connection of connections) connection.close()
  return sent
}

async function waitFor(stack: IngestStack, expected: number): Promise<void> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const count = await countRows(stack.clickhouse, 'events')
    if (count === expected) return
    if (count > expected || Date.now() > deadline) {
      throw new Error(`${count} events are queryable, ${expected} were acknowledged`)
    }
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

function report(looks: readonly Look[], name: string, sent: number): Row[] {
  const settled = looks.slice(Math.floor(looks.length * WARM_UP_SHARE))
  const rows = [
    figure(name, 'events', sent, ''),
    figure(
      name,
      'lag_p99_s',
      percentile(
        looks.map((look) => look.lagSeconds),
        0.99,
      ),
      's',
    ),
    figure(name, 'parts_most', Math.max(...looks.map(({ parts }) => parts)), ''),
    figure(name, 'parts_last', looks.at(-1)?.parts ?? 0, ''),
  ]
  for (const role of Object.keys(looks[0]?.residentMb ?? {})) {
    const points = settled.flatMap(({ minute, residentMb: resident }) => {
      const mb = resident[role]
      return mb === null || mb === undefined ? [] : [{ minute, value: mb }]
    })
    if (points.length < 2) continue
    rows.push(
      figure(name, `resident_mb.${role}`, points.at(-1)?.value ?? 0, 'MB'),
      figure(name, `resident_slope_mb_per_min.${role}`, slopePerMinute(points), 'MB/min'),
    )
  }
  return rows
}
