import { closeSync, openSync, rmSync, writeSync } from 'node:fs'
import { Agent, request } from 'node:http'
import { join } from 'node:path'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { median, percentile, type Row, rate, time } from './report.ts'
import { sampleBodies } from './sample-events.ts'

const CONNECTIONS = 16
const agent = new Agent({ keepAlive: true, maxSockets: CONNECTIONS })

async function count(client: ClickHouseClient, table: string): Promise<number> {
  const result = await client.query({ query: `select count() as n from ${table}`, format: 'JSONEachRow' })
  return (await result.json<{ n: number }>())[0]?.n ?? 0
}

/** Sends one body and resolves with the milliseconds until its 202. */
export function post(stack: IngestStack, body: Buffer): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const req = request(
      `${stack.collector}/v1/events`,
      {
        method: 'POST',
        agent,
        headers: {
          authorization: `Bearer ${stack.ingestKey}`,
          'content-type': 'application/x-ndjson',
          'content-length': body.length,
        },
      },
      (response) => {
        let text = ''
        response.on('data', (chunk) => {
          text += chunk
        })
        response.on('end', () =>
          response.statusCode === 202
            ? resolve(performance.now() - started)
            : reject(new Error(`${response.statusCode}: ${text.slice(0, 400)}`)),
        )
      },
    )
    req.on('error', reject)
    req.end(body)
  })
}

/** HTTP to queryable: until every event of the run is counted in ClickHouse. */
async function endToEnd(
  stack: IngestStack,
  events: number,
  batch: number,
  run: string,
): Promise<{ perSecond: number; ackMs: number[] }> {
  const before = await count(stack.clickhouse, 'events')
  const bodies = [...sampleBodies(events, batch, run, Date.now())]
  const ackMs: number[] = []
  const started = performance.now()
  let next = 0
  const sender = async () => {
    for (;;) {
      const body = bodies[next++]
      if (!body) return
      ackMs.push(await post(stack, body))
    }
  }
  await Promise.all(Array.from({ length: CONNECTIONS }, sender))
  const deadline = Date.now() + 120_000
  for (;;) {
    const loaded = (await count(stack.clickhouse, 'events')) - before
    if (loaded === events) break
    if (loaded > events || Date.now() > deadline)
      throw new Error(`${loaded} events are queryable, ${events} were acknowledged`)
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
  return { perSecond: (events / (performance.now() - started)) * 1000, ackMs }
}

/** The baseline: the bare engine loads the same NDJSON from a file into a table of the same shape and sort key. */
async function bareEngine(stack: IngestStack, events: number, run: string): Promise<number> {
  const { clickhouse, dir } = stack
  const file = join(dir, `${run}.ndjson`)
  const fd = openSync(file, 'w')
  for (const body of sampleBodies(events, 10_000, run, Date.now())) writeSync(fd, body)
  closeSync(fd)
  await clickhouse.command({ query: 'create table bare_events as events' })
  const structure =
    'event_id String, event_name String, event_time Int64, platform String, device_id String, os_version String, app_version String, sdk_version String, device_model String, locale String, country String, revenue Nullable(Decimal(18,6)), currency String, properties String'
  const started = performance.now()
  await clickhouse.command({
    query: `insert into bare_events (org_id, app_id, received_at, event_id, event_name, event_time, platform, device_id, os_version, app_version, sdk_version, device_model, locale, country, revenue, currency, properties)
      select {org:String}, {app:String}, now64(3), event_id, event_name, fromUnixTimestamp64Milli(event_time), platform, device_id, os_version, app_version, sdk_version, device_model, locale, country, revenue, currency, properties
      from file({file:String}, 'JSONEachRow', {structure:String})`,
    query_params: { org: stack.orgId, app: stack.appId, file, structure },
  })
  const seconds = (performance.now() - started) / 1000
  const loaded = await count(clickhouse, 'bare_events')
  await clickhouse.command({ query: 'drop table bare_events' })
  rmSync(file)
  if (loaded !== events) throw new Error(`the bare engine loaded ${loaded} of ${events} events`)
  return events / seconds
}

/**
 * `npm run bench -- ingest`: accepted-to-queryable events per second by batch size, against the bare engine in the same run.
 * @param options runs: repetitions, the median counts; scale: share of the full number of events
 */
export async function benchIngest(options: { runs: number; scale: number }): Promise<Row[]> {
  const stack = await startIngestStack()
  try {
    const rows: Row[] = []
    await endToEnd(stack, 20_000, 1000, 'warm-up')
    for (const [batch, full] of [
      [1, 20_000],
      [100, 400_000],
      [1000, 1_000_000],
    ] as const) {
      const events = Math.max(batch, Math.round((full * options.scale) / batch) * batch)
      const measured: number[] = []
      const bare: number[] = []
      const acks: number[] = []
      for (let run = 0; run < options.runs; run++) {
        bare.push(await bareEngine(stack, 1_000_000 * options.scale, `bare-${batch}-${run}`))
        const result = await endToEnd(stack, events, batch, `e2e-${batch}-${run}`)
        measured.push(result.perSecond)
        acks.push(...result.ackMs)
      }
      const name = `batch=${batch} connections=${CONNECTIONS} fsync=group`
      rows.push(rate(name, 'queryable_events_per_s', median(measured), '1/s', median(bare)))
      rows.push(
        time(name, 'ack_p50_ms', percentile(acks, 0.5), 'ms'),
        time(name, 'ack_p99_ms', percentile(acks, 0.99), 'ms'),
      )
    }
    return rows
  } finally {
    await stack.stop()
    agent.destroy()
  }
}

/**
 * `npm run bench -- freshness`: milliseconds from the 202 until the event can be queried, at light load (10 requests a second).
 * The baseline is the two-second bound we promise.
 */
export async function benchFreshness(options: { samples: number }): Promise<Row[]> {
  const stack = await startIngestStack()
  try {
    await endToEnd(stack, 1000, 100, 'warm-up')
    const samples: number[] = []
    for (let index = 0; index < options.samples; index++) {
      const run = `fresh-${index}`
      const before = await count(stack.clickhouse, 'events')
      for (const body of sampleBodies(1, 1, run, Date.now())) await post(stack, body)
      const acknowledged = performance.now()
      while ((await count(stack.clickhouse, 'events')) === before)
        await new Promise((resolve) => setTimeout(resolve, 5))
      samples.push(performance.now() - acknowledged)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    const name = `load=light samples=${samples.length}`
    return [
      time(name, 'p50_ms', percentile(samples, 0.5), 'ms'),
      time(name, 'p95_ms', percentile(samples, 0.95), 'ms', 2000),
    ]
  } finally {
    await stack.stop()
    agent.destroy()
  }
}
