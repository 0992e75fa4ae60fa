import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'

const hasRedis = spawnSync('redis-server', ['--version']).status === 0
if (!hasRedis) {
  process.stderr.write(
    'SKIPPED: there is no redis-server on this machine; limits shared by collectors are not tested.\n',
  )
}

const stores = useStores()
let tenant: TestTenant
beforeAll(async () => {
  tenant = await makeTenant(stores)
})

/** Sends so many events in one request. */
const send = (collector: TestCollector, events: number, key = tenant.ingestKey) =>
  fetch(`${collector.url}/v1/events`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-ndjson', authorization: `Bearer ${key}` },
    body: Array.from({ length: events }, () => JSON.stringify({ event_name: 'open', device_id: 'd' })).join('\n'),
  })

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}

/** Whether something listens on a port. */
const answers = (port: number) =>
  new Promise<boolean>((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)))
    socket.on('error', () => resolve(false))
  })

async function startRedis(port: number): Promise<ChildProcess> {
  const child = spawn(
    'redis-server',
    ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
    {
      stdio: 'ignore',
    },
  )
  await vi.waitUntil(() => answers(port), { timeout: 10_000, interval: 50 })
  return child
}

async function stopRedis(child: ChildProcess): Promise<void> {
  const gone = once(child, 'exit')
  child.kill('SIGKILL')
  await gone
}

it('a refusal names its limit and the time to wait, in the fields of HTTP and in words', async () => {
  const collector = await startTestCollector(stores.databaseUrl, { limits: { eventsPerKey: 10 } })
  try {
    await vi.waitFor(async () => expect((await send(collector, 10)).status).toBe(202), 5_000)
    const refused = await send(collector, 10)
    expect(refused.status).toBe(429)
    expect(refused.headers.get('retry-after')).toBe('1')
    expect(refused.headers.get('ratelimit-policy')).toBe('"events-per-key";q=10;w=1')
    expect(refused.headers.get('ratelimit')).toMatch(/^"events-per-key";r=\d;t=1$/)
    expect(await refused.json()).toMatchObject({
      error: { code: 'rate_limited', message: expect.stringMatching(/key sends more events.*after the pause/) },
    })
  } finally {
    await collector.stop()
  }
})

it('what a limit refused is in the console’s counts, by app, key and reason', async () => {
  const own = await makeTenant(stores)
  const collector = await startTestCollector(stores.databaseUrl, { limits: { eventsPerKey: 10 } })
  try {
    await vi.waitFor(async () => expect((await send(collector, 10, own.ingestKey)).status).toBe(202), 5_000)
    expect((await send(collector, 9, own.ingestKey)).status).toBe(429)
    expect((await send(collector, 8, own.ingestKey)).status).toBe(429)
  } finally {
    await collector.stop()
  }
  const rows = await stores.admin.refusedCount.findMany({ where: { appId: own.appId } })
  const key = await stores.admin.ingestKey.findUniqueOrThrow({ where: { key: own.ingestKey } })
  expect(rows).toMatchObject([{ orgId: own.orgId, keyId: key.id, reason: 'rate_limited', count: 17n }])
})

it.each<[string, string, (key: string) => Record<string, string>]>([
  ['our own', '/v1/events', (key) => ({ authorization: `Bearer ${key}` })],
  ['Segment’s', '/v1/track', (key) => ({ authorization: `Bearer ${key}` })],
  ['AppsFlyer’s', '/inappevent/com.example.game', (key) => ({ authentication: key })],
])(
  'an unreadable body counts as an event at %s addresses: past the limit nothing of it is kept',
  async (_, path, who) => {
    const own = await makeTenant(stores)
    const collector = await startTestCollector(stores.databaseUrl, { limits: { eventsPerKey: 3 } })
    const post = () =>
      fetch(collector.url + path, {
        method: 'POST',
        headers: { 'content-type': 'application/json', ...who(own.ingestKey) },
        body: new Uint8Array([0x7b, 0xff, 0x7d]),
      })
    try {
      await vi.waitFor(async () => expect((await post()).status).toBe(400), 5_000)
      const statuses = (await Promise.all(Array.from({ length: 40 }, post))).map(({ status }) => status)
      const refused = statuses.filter((status) => status === 429).length
      expect(refused).toBeGreaterThan(0)
      expect(statuses.filter((status) => status === 400)).toHaveLength(40 - refused)
      expect(await collector.rows('rejected')).toHaveLength(1 + 40 - refused)
    } finally {
      await collector.stop()
    }
  },
)

describe.skipIf(!hasRedis)('two collectors on one Redis', () => {
  let redis: ChildProcess
  let port: number
  beforeAll(async () => {
    port = await freePort()
    redis = await startRedis(port)
  })
  afterAll(() => stopRedis(redis))

  async function pair(eventsPerKey: number): Promise<[TestCollector, TestCollector]> {
    const options = { limits: { eventsPerKey }, redisUrl: `redis://127.0.0.1:${port}` }
    return [
      await startTestCollector(stores.databaseUrl, options),
      await startTestCollector(stores.databaseUrl, options),
    ]
  }

  it('grant a key together what one alone would', async () => {
    const own = await makeTenant(stores)
    const [first, second] = await pair(200)
    try {
      const started = performance.now()
      let accepted = 0
      while (performance.now() - started < 3_000) {
        const both = await Promise.all([send(first, 20, own.ingestKey), send(second, 20, own.ingestKey)])
        accepted += 20 * both.filter(({ status }) => status === 202).length
      }
      const seconds = (performance.now() - started) / 1000
      // A full bucket, and what came back meanwhile; two separate limits would let twice as much through.
      expect(accepted).toBeLessThanOrEqual(200 + 200 * seconds)
      expect(accepted).toBeGreaterThanOrEqual(200)
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  })

  it('go on by themselves while Redis is away, without an error, and share again when it is back', async () => {
    const own = await makeTenant(stores)
    const [first, second] = await pair(100)
    try {
      await vi.waitFor(async () => expect((await send(first, 100, own.ingestKey)).status).toBe(202), 5_000)
      await stopRedis(redis)
      await sleep(1_100)
      const alone = await Promise.all([send(first, 100, own.ingestKey), send(second, 100, own.ingestKey)])
      expect(alone.map(({ status }) => status)).toEqual([202, 202])
      expect((await send(first, 100, own.ingestKey)).status).toBe(429)
      redis = await startRedis(port)
      await vi.waitFor(
        async () => {
          await sleep(1_200)
          const together = [await send(first, 100, own.ingestKey), await send(second, 100, own.ingestKey)]
          expect(together.map(({ status }) => status)).toEqual([202, 429])
        },
        { timeout: 20_000 },
      )
    } finally {
      await Promise.all([first.stop(), second.stop()])
    }
  }, 40_000)
})
