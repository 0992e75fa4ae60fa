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

const MAIN = join(import.meta.dirname, '../../workers/main.ts')

/** A loader of its own process, which nobody starts again. */
async function startLoader(): Promise<ChildProcess & { port: number }> {
  const port = await freePort()
  const child = spawn(process.execPath, [MAIN, '--roles', 'loader'], {
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
  retries = 0
  private stopping = false
  private readonly name: string
  private readonly collectors: readonly string[]
  private readonly key: string
  private readonly acknowledged: Set<string>

  constructor(name: string, collectors: readonly string[], key: string, acknowledged: Set<string>) {
    this.name = name
    this.collectors = collectors
    this.key = key
    this.acknowledged = acknowledged
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
          (select toFloat64(uniqExact(hash, log_id, log_position)) from event_ids where kind = 'event') as recorded,
          (select toFloat64(uniqExact(hash)) from event_ids where kind = 'event') as recorded_ids,
          (select toFloat64(sum(events)) from events_15m where ${app}) as rolled_up,
          (select toFloat64(uniqExact(log_id)) from events where ${app}) as logs,
          (select toFloat64(uniqExact(owner)) from load_plans where next_position > 0) as owners`,
      format: 'JSONEachRow',
    })
    return countsSchema.parse(await result.json())[0]
  }

  /** Everything that was ever acknowledged, in this test and those before. */
  const acknowledged = new Set<string>()
  const start = (names: readonly string[], collectors: readonly string[]) => {
    const senders = names.map((name) => new Sender(name, collectors, stack.ingestKey, acknowledged))
    const running = Promise.all(senders.map((sender) => sender.run()))
    return {
      async stop() {
        for (const sender of senders) sender.stop()
        await running
        return senders.reduce((sum, sender) => sum + sender.retries, 0)
      },
    }
  }
  const moreIsLoaded = async () => {
    const before = (await counts()).events
    await expect.poll(async () => (await counts()).events, { timeout: 40_000 }).toBeGreaterThan(before + 1_000)
  }
  /** Waits until each partition's newest row is young: whoever was assigned it loads it. */
  const everyPartitionMoves = () =>
    expect
      .poll(async () => (await lag(stack)).filter((seconds) => seconds < 5).length, { timeout: 60_000, interval: 500 })
      .toBe(PARTITIONS)
  const eachOnce = async () => {
    await expect
      .poll(async () => (await counts()).ids, { timeout: 60_000, interval: 500 })
      .toBeGreaterThanOrEqual(acknowledged.size)
    // What would come twice would come about now.
    await sleep(2_000)
    const found = await counts()
    expect(await absent(stack, acknowledged)).toEqual([])
    expect(found).toEqual({ ...found, ids: found.events, recorded: found.events, recorded_ids: found.events })
    expect(found.rolled_up).toBe(found.events)
    // A batch that no answer came to may be there all the same; more than what was sent cannot.
    expect(found.events).toBe(acknowledged.size)
    return found
  }

  it('load each acknowledged event once while one of each kind and the broker are killed', async () => {
    const second = `http://127.0.0.1:${await stack.startAnother('collector', 'collector-2')}`
    loaders.push(await startLoader(), await startLoader())
    const traffic = start(['a', 'b', 'c'], [stack.collector, second])
    await moreIsLoaded()
    await everyPartitionMoves()

    loaders[0]?.kill('SIGKILL')
    await sleep(500)
    process.kill(stack.pids()['collector-2'] ?? 0, 'SIGKILL')
    await moreIsLoaded()
    // The dead loader's partitions are free once the group has missed it for ten seconds.
    await sleep(6_000)
    await everyPartitionMoves()

    await broker.kill()
    await sleep(1_000)
    await broker.restart()
    loaders.push(await startLoader())
    await moreIsLoaded()
    expect(await traffic.stop()).toBeGreaterThan(20)
    const found = await eachOnce()
    expect(found.logs).toBe(PARTITIONS)
    expect(found.owners).toBeGreaterThan(PARTITIONS)
  }, 240_000)

  it('fence off a loader that stood still for so long that the others took over, and then goes on', async () => {
    const traffic = start(['d', 'e'], [stack.collector])
    await moreIsLoaded()
    loaders[1]?.kill('SIGSTOP')
    await sleep(13_000)
    await everyPartitionMoves()
    loaders[1]?.kill('SIGCONT')
    await moreIsLoaded()
    await sleep(3_000)
    await everyPartitionMoves()
    await traffic.stop()
    await eachOnce()
  }, 180_000)
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
async function absent(stack: IngestStack, acknowledged: ReadonlySet<string>): Promise<string[]> {
  const result = await stack.clickhouse.query({
    query: `select event_id from events where app_id = '${stack.appId}'`,
    format: 'JSONEachRow',
  })
  const found = new Set(idsSchema.parse(await result.json()).map((row) => row.event_id))
  return [...acknowledged].filter((id) => !found.has(id))
}
