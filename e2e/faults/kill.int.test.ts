import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'

const BATCH = 50
const PER_ROLE = 3

let stack: IngestStack

beforeAll(async () => {
  stack = await startIngestStack()
}, 120_000)
afterAll(() => stack?.stop())

interface Sent {
  /** Event ids whose 202 arrived. */
  acknowledged: Set<string>
  cents: number
  retries: number
}

/** Sends batches until told to stop; a batch without an answer is sent again, unchanged, as an SDK does. */
async function sendUntil(signal: AbortSignal, sent: Sent): Promise<void> {
  while (!signal.aborted) {
    const events = Array.from({ length: BATCH }, (_, index) => ({
      event_id: randomUUID(),
      event_name: index === 0 ? 'purchase' : 'level_complete',
      event_time: Date.now(),
      device_id: `device-${index}`,
      platform: 'android',
      ...(index === 0 ? { revenue: 1.23, currency: 'USD' } : {}),
    }))
    const body = JSON.stringify(events)
    for (;;) {
      const answer = await fetch(`${stack.collector}/v1/events`, {
        method: 'POST',
        headers: { authorization: `Bearer ${stack.ingestKey}`, 'content-type': 'application/json' },
        body,
        signal: AbortSignal.timeout(10_000),
      }).catch(() => undefined)
      await answer?.arrayBuffer().catch(() => undefined)
      if (answer?.status === 202) break
      sent.retries += 1
      await sleep(50)
    }
    for (const { event_id } of events) sent.acknowledged.add(event_id)
    sent.cents += 123
  }
}

async function queryable(): Promise<{ rows: number; ids: number; cents: number }> {
  const result = await stack.clickhouse.query({
    query: `select count() as rows, uniqExact(event_id) as ids, toInt64(sum(revenue) * 100) as cents from events where app_id = {app:String}`,
    query_params: { app: stack.appId },
    format: 'JSONEachRow',
  })
  const [row] = await result.json<{ rows: number; ids: number; cents: number }>()
  return { rows: Number(row?.rows), ids: Number(row?.ids), cents: Number(row?.cents) }
}

async function settled(expected: number): Promise<Awaited<ReturnType<typeof queryable>>> {
  const deadline = Date.now() + 60_000
  for (;;) {
    const now = await queryable().catch(() => undefined)
    if (now && now.rows >= expected) {
      // A duplicate would arrive after the last acknowledged row: give it the time to show.
      await sleep(1500)
      return queryable()
    }
    if (Date.now() > deadline) throw new Error(`${now?.rows} rows after a minute, ${expected} were acknowledged`)
    await sleep(100)
  }
}

describe('kill -9 in the middle of traffic', () => {
  it.each(['collector', 'loader', 'clickhouse', 'all three'])(
    'of %s leaves every acknowledged event queryable exactly once, and the sum right to the cent',
    async (role) => {
      const before = await queryable()
      const sent: Sent = { acknowledged: new Set(), cents: 0, retries: 0 }
      const stop = new AbortController()
      const senders = Array.from({ length: 4 }, () => sendUntil(stop.signal, sent))
      const roles = role === 'all three' ? ['collector', 'loader', 'clickhouse'] : [role]
      for (let round = 0; round < PER_ROLE; round++) {
        await sleep(400 + round * 217)
        for (const name of roles) {
          const pid = stack.pids()[name]
          if (pid) process.kill(pid, 'SIGKILL')
        }
        await sleep(1200)
      }
      stop.abort()
      await Promise.all(senders)
      const expected = sent.acknowledged.size
      const after = await settled(before.rows + expected)
      console.log(
        `${role}: ${expected} acknowledged, ${sent.retries} requests sent again, ${after.rows - before.rows} queryable`,
      )
      expect(expected).toBeGreaterThan(1000)
      expect({
        rows: after.rows - before.rows,
        ids: after.ids - before.ids,
        cents: after.cents - before.cents,
      }).toEqual({ rows: expected, ids: expected, cents: sent.cents })
    },
    120_000,
  )
})
