import type { IngestStack } from '#cli/stack/ingest-path.ts'
import { countRows } from './bare.ts'
import type { SampleBodies } from './events.ts'
import { openConnections } from './http.ts'

/** The head of a request that sends so many bytes of NDJSON. */
export function eventsHead(stack: IngestStack, bytes: number): string {
  return (
    `POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${stack.ingestKey}\r\n` +
    `content-type: application/x-ndjson\r\ncontent-length: ${bytes}\r\nuser-agent: unmogrowp-bench\r\n\r\n`
  )
}

/** What one end-to-end run measured; times are milliseconds. */
export interface EndToEnd {
  /** From the first byte sent until the last event could be counted. */
  perSecond: number
  ackMs: number[]
  /** From a request's answer until its events could be counted. */
  queryableMs: number[]
}

/** Each look costs the engine a query: rare enough not to be what is measured, often enough for latencies of tenths of a second. */
const POLL_MS = 100
const LOAD_TIMEOUT_MS = 180_000

/**
 * Sends events over HTTP and waits until each can be counted in ClickHouse. All bodies are made before the clock starts.
 * Events become visible in the order in which they were acknowledged, so the nth acknowledged event is queryable at the
 * first look that counts n.
 */
export async function endToEnd(
  stack: IngestStack,
  bodies: SampleBodies,
  options: { events: number; batch: number; connections: number },
): Promise<EndToEnd> {
  const { events, batch, connections } = options
  const before = await countRows(stack.clickhouse, 'events')
  const acks: { at: number; ms: number; events: number }[] = []
  const looks: { at: number; count: number }[] = []
  const requests: { head: string; body: Buffer; count: number }[] = []
  for (let made = 0; made < events; made += batch) {
    const count = Math.min(batch, events - made)
    const body = bodies.body(count)
    requests.push({ head: eventsHead(stack, body.length), body, count })
  }
  const opened = await openConnections(stack.ports.collector ?? 0, connections)
  const started = performance.now()
  let next = 0
  const sender = async (connection: (typeof opened)[number]) => {
    for (let request = requests[next++]; request; request = requests[next++]) {
      const { head, body, count } = request
      const answer = await connection.send(head, body)
      if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.body.slice(0, 400)}`)
      acks.push({ at: performance.now(), ms: answer.ms, events: count })
    }
  }
  const watch = async () => {
    const deadline = performance.now() + LOAD_TIMEOUT_MS
    for (;;) {
      const at = performance.now()
      const count = (await countRows(stack.clickhouse, 'events')) - before
      looks.push({ at, count })
      if (count === events) return
      if (count > events || at > deadline) throw new Error(`${count} events are queryable, ${events} were sent`)
      await new Promise((resolve) => setTimeout(resolve, POLL_MS))
    }
  }
  try {
    await Promise.all([...opened.map(sender), watch()])
  } finally {
    for (const connection of opened) connection.close()
  }
  const seconds = ((looks.at(-1)?.at ?? performance.now()) - started) / 1000
  return { perSecond: events / seconds, ackMs: acks.map(({ ms }) => ms), queryableMs: queryableAfter(acks, looks) }
}

function queryableAfter(
  acks: readonly { at: number; events: number }[],
  looks: readonly { at: number; count: number }[],
): number[] {
  const times: number[] = []
  let acknowledged = 0
  let look = 0
  for (const { at, events } of acks) {
    acknowledged += events
    while ((looks[look]?.count ?? Number.POSITIVE_INFINITY) < acknowledged) look += 1
    times.push(Math.max(0, (looks[look]?.at ?? at) - at))
  }
  return times
}
