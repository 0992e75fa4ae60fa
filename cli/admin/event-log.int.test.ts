import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type Broker, startBroker, whyNoKafka } from '#e2e/fixtures/kafka.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { eventLogDir, openEventLogWriter, openLogSource } from '#server/eventlog/index.ts'
import { parseEnv, setEnv } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import { becomeOnlyAttributor } from '#workers/attributor/lock.ts'
import { startLoader } from '#workers/loader/loader.ts'
import { loaderMetrics } from '#workers/loader/metrics.ts'
import { frame, line, packedFrame } from '#workers/loader/testing/fixture.ts'
import { waitForPartitions } from './backup/partitions.ts'
import type { LogStatus } from './event-log.ts'
import { admin, runAdmin, storesEnv } from './testing/run-admin.ts'

const stores = useStores()
const quiet = createLogger('test', 'silent')
const whyNot = await whyNoKafka()
const countSchema = z.tuple([z.object({ n: z.number() })])

async function number(query: string): Promise<number> {
  const result = await stores.clickhouse.query({
    query: `select toUInt32(n) as n from (${query})`,
    format: 'JSONEachRow',
  })
  return countSchema.parse(await result.json())[0].n
}

describe.each(['disk', 'kafka'])('npm run admin -- log, on %s', (log) => {
  const app = `app_${log}`
  let scratch: string
  let broker: Broker | undefined
  let env: Record<string, string>
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-event-log-'))
    env = { ...storesEnv(stores, scratch), EVENT_LOG: log }
    if (log === 'disk' || whyNot !== undefined) return
    broker = await startBroker()
    Object.assign(env, { KAFKA_BROKERS: broker.address, KAFKA_PARTITIONS: '2' })
  }, 90_000)
  afterAll(async () => {
    await broker?.stop()
    await rm(scratch, { recursive: true, force: true })
  })

  const openLoader = async () => {
    const parsed = parseEnv(env)
    const loader = startLoader({
      source: openLogSource(parsed, quiet),
      clickhouse: stores.clickhouse,
      logger: quiet,
      metrics: loaderMetrics(new Registry()),
      stateDir: eventLogDir(parsed),
    })
    await expect.poll(() => loader.phase(), { timeout: 60_000 }).toBe('loading')
    return loader
  }
  const events = () => number(`select count() as n from events where app_id = '${app}'`)
  const rolledUp = () => number(`select toUInt32(sum(events)) as n from events_15m where app_id = '${app}'`)
  const everything = async () => ({
    events: await events(),
    different: await number(`select uniqExact(event_id) as n from events where app_id = '${app}'`),
    touchpoints: await number(`select count() as n from touchpoints where app_id = '${app}'`),
    rejected: await number(`select count() as n from rejected_events where app_id = '${app}'`),
    recorded: await number(
      `select count() as n from event_ids where hash in (
        select MD5(concat(app_id, '\\n', event_id)) from events where app_id = '${app}')`,
    ),
  })
  const status = () => admin<{ log: string; logs: LogStatus[] }>(['log', 'status'], env)

  it.skipIf(log === 'kafka' && whyNot !== undefined)(
    'loads again what the store lost since a moment, and nothing twice',
    { timeout: 240_000 },
    async () => {
      const writer = await openEventLogWriter(parseEnv(env), quiet)
      const batch = (n: number) => [
        packedFrame(
          app,
          Array.from({ length: 20 }, (_, i) => `${n}-${i}`),
        ),
        frame('touchpoint', [line('touchpoint', app, `t${n}`)]),
        frame('rejected', [line('rejected', app, `r${n}`)]),
      ]
      const first = await openLoader()
      await writer.append(batch(1))
      await sleep(1_100)
      const moment = new Date()
      await sleep(20)
      for (const n of [2, 3, 4]) {
        await writer.append(batch(n))
        await expect.poll(events, { timeout: 60_000 }).toBe(n * 20)
      }
      await expect.poll(async () => (await status()).logs.every(({ loaded }) => loaded), { timeout: 60_000 }).toBe(true)
      const whole = await everything()
      expect(whole).toEqual({ events: 80, different: 80, touchpoints: 4, rejected: 4, recorded: 80 })

      const early = await runAdmin(['log', 'replay', '--from', moment.toISOString()], env)
      expect([early.code, early.stderr]).toEqual([1, expect.stringContaining('Stop the loaders')])
      await first.stop()
      const attributor = await becomeOnlyAttributor(stores.databaseUrl, AbortSignal.timeout(10_000))
      const beside = await runAdmin(['log', 'replay', '--from', moment.toISOString()], env)
      expect([beside.code, beside.stderr]).toEqual([1, expect.stringContaining('The attributor runs')])
      await attributor.release()

      // Everything of one insert is gone, which the store would know again by its token; and a row whose id is still known.
      for (const query of [
        `alter table events delete where app_id = '${app}' and event_id like '4-%'`,
        `alter table touchpoints delete where app_id = '${app}' and touchpoint_id = 't3'`,
        `alter table event_ids delete where kind = 'event'
          and hash in (select MD5(concat('${app}', '\\n4-', toString(number))) from numbers(20))`,
      ]) {
        await stores.clickhouse.command({
          query: `${query} settings mutations_sync = 2, allow_nondeterministic_mutations = 1`,
        })
      }
      expect(await events()).toBe(60)
      const replayed = await admin<{ replayed: string[] }>(['log', 'replay', '--from', moment.toISOString()], env)
      expect(replayed.replayed.length).toBeGreaterThan(0)
      const second = await openLoader()
      await writer.append(batch(4))
      await writer.append([packedFrame(app, ['end'])])
      await expect.poll(events, { timeout: 60_000 }).toBe(81)
      // The rollup still counted the lost rows when they came again.
      await expect.poll(rolledUp, { timeout: 60_000 }).toBe(81)
      await second.stop()
      expect(await everything()).toEqual({ ...whole, events: 81, different: 81, recorded: 81 })

      const all = await admin<{ complete: boolean }>(['log', 'replay', '--from', '2020-01-01T00:00:00Z'], env)
      expect(all.complete).toBe(false)
      const third = await openLoader()
      await writer.append([packedFrame(app, ['very end'])])
      await expect.poll(events, { timeout: 60_000 }).toBe(82)
      await expect.poll(rolledUp, { timeout: 60_000 }).toBe(82)
      await third.stop()
      expect(await everything()).toEqual({ ...whole, events: 82, different: 82, recorded: 82 })

      if (log === 'kafka') {
        setEnv(env)
        await writer.append([packedFrame(app, ['before a backup'])])
        let fourth: Awaited<ReturnType<typeof openLoader>> | undefined
        await waitForPartitions(stores.clickhouse, async () => {
          fourth = await openLoader()
        })
        expect(await events()).toBe(83)
        await fourth?.stop()
      }
      await writer.close()
    },
  )

  it('says in a sentence what is wrong with a moment or a folder', { timeout: 120_000 }, async () => {
    const wrong = await runAdmin(['log', 'replay', '--from', 'yesterday'], env)
    expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('2026-01-31T08:00:00Z')])
    const empty = await runAdmin(['log', 'status'], { ...env, EVENT_LOG: 'disk', DATA_DIR: join(scratch, 'empty') })
    expect([empty.code, empty.stderr]).toEqual([1, expect.stringContaining('There is no event log in')])
  })
})
