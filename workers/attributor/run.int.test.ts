import { Registry } from 'prom-client'
import { expect, it } from 'vitest'
import { createLogger } from '#server/platform/logger.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { useStores } from '../../e2e/fixtures/stores.ts'
import { runAttributor } from './attributor.ts'
import { click, decisionsOf, HOUR, install, NOW, session, tenant, World } from './testing/world.ts'

const stores = useStores()

/** A client whose first queries fail, as while the store is starting. */
function awayFor(client: ClickHouseClient, queries: number): ClickHouseClient {
  let left = queries
  return new Proxy(client, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'query') return value.bind(target)
      return async (...args: Parameters<ClickHouseClient['query']>) => {
        left -= 1
        if (left >= 0) throw new Error('connect ECONNREFUSED')
        return target.query(...args)
      }
    },
  })
}

it('follows the watermark of every log, waits for a store that is away, and says what it did', async () => {
  const of = tenant('run')
  const first = new World(stores.clickhouse, 'log-run-1')
  const second = new World(stores.clickhouse, 'log-run-2')
  await first.load(of, [click('c1', NOW - HOUR), install('d1', NOW, { click_id: 'c1' })])
  const registry = new Registry()
  const stop = new AbortController()
  const running = runAttributor(
    { ...first.tools, clickhouse: awayFor(stores.clickhouse, 3) },
    { logger: createLogger('test', 'silent'), registry, signal: stop.signal },
  )
  const decided = async () =>
    (await decisionsOf(stores.clickhouse, of)).map((one) => [one.device_id, one.touchpoint_id])
  await expect.poll(decided, { timeout: 15_000 }).toEqual([['d1', 'c1']])
  await second.load(of, [click('c2', NOW - HOUR), install('d2', NOW, { click_id: 'c2' })])
  await expect.poll(decided, { timeout: 15_000 }).toEqual([
    ['d1', 'c1'],
    ['d2', 'c2'],
  ])
  stop.abort()
  await expect(running).rejects.toThrow()
  const metrics = await registry.metrics()
  expect(metrics).toContain('unmogrowp_attributor_decisions_total{kind="first"} 2')
  expect(metrics).toContain('unmogrowp_attributor_failures_total 3')
})

it('comes to the same when an install and its click come by two logs, whichever is loaded or followed first', async () => {
  const of = tenant('two-logs')
  const installs = new World(stores.clickhouse, 'kafka:events:0')
  const clicks = new World(stores.clickhouse, 'kafka:events:1')
  await installs.load(of, [install('early', NOW, { click_id: 'c-early' })])
  expect(await installs.follow()).toMatchObject({ decided: 1, redecided: 0 })
  await clicks.load(of, [click('c-early', NOW - HOUR), click('c-late', NOW - HOUR)])
  await installs.load(of, [install('late', NOW, { click_id: 'c-late' })])
  expect(await installs.follow()).toMatchObject({ decided: 1, redecided: 0 })
  expect(await clicks.follow()).toMatchObject({ decided: 0, redecided: 1 })
  const decisions = await decisionsOf(stores.clickhouse, of)
  expect(decisions.map((one) => [one.device_id, one.version, one.touchpoint_id])).toEqual([
    ['early', 1, ''],
    ['early', 2, 'c-early'],
    ['late', 1, 'c-late'],
  ])
})

it('follows a long stretch of plain events in bounded batches, and goes on where it was after a kill', async () => {
  const of = tenant('plain-events')
  const stretches: unknown[] = []
  const counting = new Proxy(stores.clickhouse, {
    get(target, name) {
      const value: unknown = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      if (name !== 'command') return value.bind(target)
      return (...args: Parameters<ClickHouseClient['command']>) => {
        stretches.push(args[0].query_params)
        return target.command(...args)
      }
    },
  })
  const world = new World(stores.clickhouse, 'log-plain-events', { clickhouse: counting })
  for (const n of [1, 2, 3]) await world.load(of, [session('d1', NOW + n), session('d2', NOW + n)])
  await world.follow('cursor', { events: 3 })
  expect(stretches).toMatchObject([{ to: '1000' }, { to: '2000' }, { to: '3000' }])
  expect(await world.savedProgress()).toBe(2000n)
})
