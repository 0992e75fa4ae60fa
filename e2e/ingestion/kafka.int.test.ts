import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { freePort } from '#cli/stack/ports.ts'
import { type Broker, startBroker, whyNoKafka } from '#e2e/fixtures/kafka.ts'

const why = await whyNoKafka()
const PARTITIONS = 4
const DEVICES = 40
const BATCH = 40

const countsSchema = z.tuple([
  z.object({
    events: z.number(),
    ids: z.number(),
    recorded: z.number(),
    recorded_ids: z.number(),
    rolled_up: z.number(),
    logs: z.number(),
    owners: z.number(),
  }),
])

/** A loader as an orchestrator would run it, but that nobody starts again. */
async function startLoader(main: string): Promise<ChildProcess & { port: number }> {
  const port = await freePort()
  const child = spawn(process.execPath, [main, '--roles', 'loader'], {
    env: { ...process.env, WORKER_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  const ready = () =>
    fetch(`http://127.0.0.1:${port}/readyz`).then(
      (answer) => answer.ok,
      () => false,
    )
  for (const deadline = Date.now() + 60_000; !(await ready()); await sleep(100)) {
    if (child.exitCode !== null || Date.now() > deadline) throw new Error('The loader did not become ready.')
  }
  return Object.assign(child, { port })
}

/** Sends batches until told to stop; every batch again and again until it is acknowledged, some of them twice. */
class Sender {
  readonly acknowledged = new Set<string>()
  retries = 0
  private stopping = false
  private readonly name: string
  private readonly collectors: readonly string[]
  private readonly key: string

  constructor(name: string, collectors: readonly string[], key: string) {
    this.name = name
    this.collectors = collectors
    this.key = key
  }

  async run(): Promise<void> {
    let before: string[] = []
    for (let n = 0; !this.stopping; n += 1) {
      const fresh = Array.from({ length: BATCH }, (_, i) => this.event(n * BATCH + i))
      // What was sent before comes again with every third batch, and goes to another collector.
      const lines = n % 3 === 0 ? [...fresh, ...before.slice(0, BATCH / 2)] : fresh
      for (let tries = 0; ; tries += 1) {
        const to = this.collectors[(n + tries) % this.collectors.length] ?? ''
        const accepted = await post(to, this.key, lines)
        // The first answer may be lost on its way: the client sends the batch once more.
        if (accepted && (n % 5 !== 0 || tries > 0)) break
        this.retries += 1
        if (!accepted) await sleep(200)
      }
      for (const line of fresh) this.acknowledged.add((JSON.parse(line) as { event_id: string }).event_id)
      before = fresh
      await sleep(15)
    }
  }

  stop(): void {
    this.stopping = true
  }

  private event(n: number): string {
    return JSON.stringify({
      event_id: `${this.name}-${n}`,
      event_name: n % 7 === 0 ? 'purchase' : 'session_start',
      event_time: Date.now(),
      platform: 'android',
      device_id: `${this.name}-device-${n % DEVICES}`,
      ...(n % 7 === 0 ? { revenue: 1.5, currency: 'EUR' } : {}),
    })
  }
}

async function post(collector: string, key: string, lines: readonly string[]): Promise<boolean> {
  try {
    const answer = await fetch(`${collector}/v1/events`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` },
      body: lines.join('\n'),
      signal: AbortSignal.timeout(20_000),
    })
    await answer.text()
    if (answer.status !== 202 && answer.status !== 503) throw new Error(`unexpected status ${answer.status}`)
    return answer.status === 202
  } catch (error) {
    if (error instanceof Error && error.message.startsWith('unexpected')) throw error
    return false
  }
}

describe.skipIf(why !== undefined)('several collectors and loaders on Kafka', () => {
  let broker: Broker
  let stack: IngestStack
  const loaders: ChildProcess[] = []
  beforeAll(async () => {
    broker = await startBroker()
    stack = await startIngestStack({
      roles: ['collector'],
      env: {
        EVENT_LOG: 'kafka',
        KAFKA_BROKERS: broker.address,
        KAFKA_PARTITIONS: String(PARTITIONS),
        LOG_LEVEL: 'error',
      },
    })
  }, 120_000)
  afterAll(async () => {
    for (const loader of loaders) loader.kill('SIGKILL')
    await stack?.stop()
    await broker?.stop()
  }, 60_000)

  const counts = async () => {
    const app = `app_id = '${stack.appId}'`
    const result = await stack.clickhouse.query({
      query: `select
          (select toFloat64(count()) from events where ${app}) as events,
          (select toFloat64(uniqExact(event_id)) from events where ${app}) as ids,
          (select toFloat64(count()) from event_ids where kind = 'event') as recorded,
          (select toFloat64(uniqExact(hash)) from event_ids where kind = 'event') as recorded_ids,
          (select toFloat64(sum(events)) from events_15m where ${app}) as rolled_up,
          (select toFloat64(uniqExact(log_id)) from events where ${app}) as logs,
          (select toFloat64(uniqExact(owner)) from load_plans where next_position > 0) as owners`,
      format: 'JSONEachRow',
    })
    return countsSchema.parse(await result.json())[0]
  }

  it('load each acknowledged event once while one of each kind and the broker are killed', async () => {
    const main = join(import.meta.dirname, '../../workers/main.ts')
    const second = `http://127.0.0.1:${await stack.startAnother('collector', 'collector-2')}`
    loaders.push(await startLoader(main), await startLoader(main))
    const collectors = [stack.collector, second]
    const senders = ['a', 'b', 'c'].map((name) => new Sender(name, collectors, stack.ingestKey))
    const running = Promise.all(senders.map((sender) => sender.run()))
    const loadedSoon = async () => {
      const before = (await counts()).events
      await expect.poll(async () => (await counts()).events, { timeout: 40_000 }).toBeGreaterThan(before + 1_000)
    }
    await loadedSoon()

    loaders[0]?.kill('SIGKILL')
    await sleep(500)
    process.kill(stack.pids()['collector-2'] ?? 0, 'SIGKILL')
    await loadedSoon()
    // The dead loader's partitions are free once the group has missed it for ten seconds.
    await expect
      .poll(async () => (await lag(stack)).every((seconds) => seconds < 5), { timeout: 60_000, interval: 500 })
      .toBe(true)

    await broker.kill()
    await sleep(1_000)
    await broker.restart()
    loaders.push(await startLoader(main))
    await loadedSoon()
    for (const sender of senders) sender.stop()
    await running

    const acknowledged = senders.reduce((sum, sender) => sum + sender.acknowledged.size, 0)
    expect(senders.reduce((sum, sender) => sum + sender.retries, 0)).toBeGreaterThan(20)
    await expect.poll(async () => (await counts()).ids, { timeout: 60_000, interval: 500 }).toBe(acknowledged)
    await sleep(2_000)
    expect(await counts()).toEqual({
      events: acknowledged,
      ids: acknowledged,
      recorded: acknowledged,
      recorded_ids: acknowledged,
      rolled_up: acknowledged,
      logs: PARTITIONS,
      owners: expect.any(Number),
    })
    expect((await counts()).owners).toBeGreaterThan(PARTITIONS)
    const missing = await absent(stack, senders)
    expect(missing).toEqual([])
  }, 240_000)
})

const secondsSchema = z.array(z.object({ seconds: z.number() }))

/** Seconds since the newest row of each partition arrived, while events keep coming. */
async function lag(stack: IngestStack): Promise<number[]> {
  const result = await stack.clickhouse.query({
    query: `select toFloat64(now64(3)) - toFloat64(max(received_at)) as seconds from events
      where app_id = '${stack.appId}' group by log_id`,
    format: 'JSONEachRow',
  })
  return secondsSchema.parse(await result.json()).map(({ seconds }) => seconds)
}

const idsSchema = z.array(z.object({ event_id: z.string() }))

/** Acknowledged ids that no row has. */
async function absent(stack: IngestStack, senders: readonly Sender[]): Promise<string[]> {
  const result = await stack.clickhouse.query({
    query: `select event_id from events where app_id = '${stack.appId}'`,
    format: 'JSONEachRow',
  })
  const found = new Set(idsSchema.parse(await result.json()).map((row) => row.event_id))
  return senders.flatMap((sender) => [...sender.acknowledged]).filter((id) => !found.has(id))
}
