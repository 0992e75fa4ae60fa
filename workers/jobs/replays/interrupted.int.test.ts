import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { claimReplay, LostReplay } from '#server/modules/attribution/index.ts'
import { cancelReplay, getReplay, replayComparison } from '#server/modules/attribution/replay/service.ts'
import { click, DAY, HOUR, install, NOW } from '#workers/attributor/testing/world.ts'
import { clearReplays } from './index.ts'
import { runReplay } from './run.ts'
import { EXPECTED, ONE_DAY, whatIfs } from './testing/what-ifs.ts'

const stores = useStores()
const { appWithInstalls, start, tools, run, comparison, flowsOf, rowsOf, countOf, silence } = whatIfs(
  stores,
  replayComparison,
)

/** A process that claims the next what-if; `dies` says when it kills itself, if the test does not. */
const worker = (dies: 'no' | 'at its start' | 'after a slice' = 'no') =>
  fork(join(import.meta.dirname, 'testing/replay-process.ts'), [
    stores.databaseUrl,
    stores.clickhouseUrl,
    stores.clickhouseDatabase,
    dies,
  ])

describe('interruptions', () => {
  it('a worker that is killed half way leaves no half result, and its replay to the next, which writes no install twice, misses none and knows the settings it began under', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const child = worker()
    const gone = once(child, 'exit')
    for (let slices = 0; slices < 3; ) slices = Number((await once(child, 'message'))[0])
    child.kill('SIGKILL')
    await gone
    const { status, leaseOwner, slicesDone, installsDone } = await stores.admin.attributionReplay.findUniqueOrThrow({
      where: { id },
    })
    expect({ status, leaseOwner }).toEqual({ status: 'running', leaseOwner: 'killed' })
    await expect(comparison(of, id)).rejects.toThrow('no result')
    await stores.admin.attributionSettings.create({
      data: { ...of.app, version: 2, settings: { clickLookbackMs: 30 * DAY } },
    })
    // As if it had died after writing its last slice and before noting it, and 20 seconds later.
    await stores.admin.attributionReplay.update({
      where: { id },
      data: { slicesDone: slicesDone - 1, installsDone: installsDone - 4, leaseUntil: new Date(Date.now() - 1000) },
    })
    await run({ sliceInstalls: 4 })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'done', installsDone: 45, installsTotal: 45 })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  }, 90_000)

  it('a worker that is stopped hands its replay back, and it goes on after the slices that are written', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const stopping = new AbortController()
    const ended = run({
      sliceInstalls: 4,
      signal: stopping.signal,
      onSlice: ({ slices }) => {
        if (slices === 3) stopping.abort(new Error('The process is stopping.'))
      },
    })
    await expect(ended).rejects.toThrow('stopping')
    const { status, installsDone } = await getReplay(of.app, id)
    expect(status).toBe('queued')
    const first: number[] = []
    await run({ sliceInstalls: 4, onSlice: ({ installs }) => void first.push(installs) })
    expect(first[0]).toBeGreaterThan(installsDone)
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('one whose copy of the installs cannot be removed has its result all the same', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of)
    const clickhouse = new Proxy(stores.clickhouse, {
      get(target, name) {
        const own = Reflect.get(target, name)
        if (name !== 'command') return typeof own === 'function' ? own.bind(target) : own
        return (asked: Parameters<typeof target.command>[0]) =>
          /^\s*(delete|alter)/i.test(asked.query) ? Promise.reject(new Error('away')) : target.command(asked)
      },
    })
    await run({ clickhouse })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'done', installsDone: 45 })
  })

  it('one that is cancelled while it runs stops, has no result, and its rows are removed', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const ended = run({
      sliceInstalls: 4,
      onSlice: async ({ slices }) => {
        if (slices === 2) await cancelReplay(of.app, id)
      },
    })
    await expect(ended).rejects.toThrow(LostReplay)
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'cancelled' })
    await expect(comparison(of, id)).rejects.toThrow('no result')
    await clearReplays(stores.clickhouse)
    expect(await rowsOf(id)).toEqual([0, 0])
  })

  it('one that waits is cancelled at once and nobody takes it', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of)
    expect(await cancelReplay(of.app, id)).toMatchObject({ status: 'cancelled' })
    expect(await claimReplay('somebody')).toBeNull()
  })

  it('settings, touchpoints and installs that come while it runs change nothing in it', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    await run({
      sliceInstalls: 4,
      onSlice: async ({ slices }) => {
        if (slices !== 1) return
        const last = NOW - 10 * DAY + 44 * HOUR
        const late = {
          advertising_id: 'gaid-044',
          media_source: 'late_ads',
          received_at: new Date(Date.now() + HOUR).toISOString(),
        }
        await of.world.load(of.app, [click(`late-${id}`, last - HOUR, late), install(`new-${id}`, last, {})])
        await of.world.follow()
        await stores.admin.attributionSettings.create({
          data: { ...of.app, version: 2, settings: { clickLookbackMs: 30 * DAY } },
        })
      },
    })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('one that is taken over at its very end has its result from the other worker, and keeps its copy until then', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    let other: Awaited<ReturnType<typeof claimReplay>> = null
    const slow = run({
      onSlice: async () => {
        await silence(id)
        other = await claimReplay('other')
      },
    })
    await expect(slow).rejects.toMatchObject({ name: 'LostReplay', cancelled: false })
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'running' })
    expect((await rowsOf(id))[1]).toBe(45)
    if (!other) throw new Error('Nobody took it over.')
    await runReplay(other, tools({ worker: 'other' }))
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  })

  it('one whose app is deleted while it runs stops and writes nothing more, and nobody takes it', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const ended = run({
      sliceInstalls: 4,
      onSlice: async ({ slices }) => {
        if (slices !== 2) return
        const { orgId, appId } = of.app
        await stores.admin.app.delete({ where: { orgId_id: { orgId, id: appId } } })
      },
    })
    await expect(ended).rejects.toThrow(LostReplay)
    expect(await countOf('replay_decisions', 'replay_id', id)).toBeLessThanOrEqual(12)
    expect(await claimReplay('somebody')).toBeNull()
  })
})

describe('workers that are killed again and again', () => {
  const killed = async (id: string, dies: 'at its start' | 'after a slice') => {
    const [, signal] = await once(worker(dies), 'exit')
    expect(signal).toBe('SIGKILL')
    await silence(id)
  }

  it('fail the what-if the fifth time and say so; others go on meanwhile', async () => {
    const broken = await appWithInstalls()
    const fine = await appWithInstalls()
    const { id } = await start(broken, ONE_DAY)
    const later = await start(fine, ONE_DAY)
    await killed(id, 'at its start')
    await run()
    expect(await flowsOf(fine, later.id)).toEqual(EXPECTED)
    for (let times = 1; times < 5; times += 1) {
      expect(await getReplay(broken.app, id)).toMatchObject({ status: 'running', attempts: times - 1 })
      await killed(id, 'at its start')
    }
    expect(await claimReplay('next')).toBeNull()
    const ended = await getReplay(broken.app, id)
    expect(ended).toMatchObject({ status: 'failed', error: expect.stringContaining('5 times in a row') })
    expect(ended.error).toContain('shorter period')
    await expect(comparison(broken, id)).rejects.toThrow('no result')
    const again = await start(broken, ONE_DAY)
    await run()
    expect(await flowsOf(broken, again.id)).toEqual(EXPECTED)
  }, 120_000)

  it('are forgiven with every new slice', async () => {
    const of = await appWithInstalls()
    const { id } = await start(of, ONE_DAY)
    const silent = async () => {
      expect((await claimReplay('silent'))?.id).toBe(id)
      await silence(id)
    }
    for (let times = 0; times < 4; times += 1) await silent()
    await killed(id, 'after a slice')
    expect(await getReplay(of.app, id)).toMatchObject({ status: 'running', attempts: 0, installsDone: 4 })
    for (let times = 0; times < 3; times += 1) await silent()
    await run({ sliceInstalls: 4 })
    expect(await flowsOf(of, id)).toEqual(EXPECTED)
  }, 60_000)
})
