import { startIngestStack } from '#cli/stack/ingest-path.ts'
import { countRows } from './bare.ts'
import { SampleBodies } from './events.ts'
import { Connection } from './http.ts'
import { percentile, type Row, time } from './report.ts'
import { endToEnd, eventsHead } from './sending.ts'

/**
 * `npm run bench -- freshness`: milliseconds from the 202 until the event can be queried, at light load (10 requests a
 * second). The baseline is the two-second bound we promise.
 */
export async function benchFreshness(options: { samples: number }): Promise<Row[]> {
  const stack = await startIngestStack()
  try {
    const bodies = new SampleBodies()
    await endToEnd(stack, bodies, { events: 1_000, batch: 100, connections: 4 })
    const connection = await Connection.open(stack.ports.collector ?? 0)
    const samples: number[] = []
    for (let index = 0; index < options.samples; index += 1) {
      const before = await countRows(stack.clickhouse, 'events')
      const body = bodies.body(1)
      const { status, body: text } = await connection.send(eventsHead(stack, body.length), body)
      if (status !== 202) throw new Error(`${status}: ${text}`)
      const acknowledged = performance.now()
      while ((await countRows(stack.clickhouse, 'events')) === before) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      samples.push(performance.now() - acknowledged)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    connection.close()
    const name = `load=light samples=${samples.length}`
    return [
      time(name, 'p50_ms', percentile(samples, 0.5), 'ms'),
      time(name, 'p95_ms', percentile(samples, 0.95), 'ms', 2000),
    ]
  } finally {
    await stack.stop()
  }
}
