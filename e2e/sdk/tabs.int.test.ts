import { setTimeout as sleep } from 'node:timers/promises'
import type { Page } from 'playwright'
import { describe, expect, it } from 'vitest'
import { Random } from '#cli/simulate/random.ts'
import { prefixOf } from '#sdk/core/adopt.ts'
import type { Weather } from './fixtures/front.ts'
import { allSent, deviceOf, queued, track, useSite } from './fixtures/site.ts'

const site = useSite()

describe('the browser SDK in tabs that come and go', { timeout: 120_000 }, () => {
  it('two tabs that share a queue, one of them closed in the middle, lose and double nothing', async () => {
    const [one, other] = await Promise.all([site.open(), site.open()])
    const tracked: string[] = []
    site.front.weather = 'answers lost'
    for (let round = 0; round < 4; round++) {
      const both = await Promise.all([track(one, 10, 'one'), track(other, 10, 'other')])
      tracked.push(...both.flat())
      await sleep(150)
    }
    const device = await deviceOf(other)
    expect(await deviceOf(one)).toBe(device)
    await one.close()
    site.front.weather = 'fine'
    tracked.push(...(await track(other, 10)))
    await site.expectExactly(device, tracked)
    expect(await queued(other)).toBe(0)
  })

  it('tabs that are restored all at once on the first visit are one device with one install and one session', async () => {
    const pages = await Promise.all(Array.from({ length: 5 }, () => site.open()))
    const tracked = (await Promise.all(pages.map((page) => track(page, 3)))).flat()
    const devices = new Set(await Promise.all(pages.map(deviceOf)))
    expect(devices.size).toBe(1)
    const [device = null] = devices
    await site.expectExactly(device, tracked)
  })

  it('what is tracked in the instant before the page is left arrives without another visit', async () => {
    const page = await site.open({ flushInterval: 60_000 })
    await allSent(page)
    const device = await deviceOf(page)
    const tracked = await page.evaluate(() => {
      const ids = Array.from({ length: 15 }, () => window.sdk.track('leaving') ?? 'none')
      location.href = 'about:blank'
      return ids
    })
    await page.waitForURL('about:blank')
    await site.expectExactly(device, tracked)
  })

  it('a closed tab sends what waited, and a later visit sends it again without counting twice', async () => {
    const page = await site.open({ flushInterval: 60_000 })
    const device = await deviceOf(page)
    const tracked = await track(page, 10)
    await page.close({ runBeforeUnload: true })
    await site.expectExactly(device, tracked)
    const again = await site.open()
    await expect.poll(() => queued(again), { timeout: 20_000 }).toBe(0)
    expect(await deviceOf(again)).toBe(device)
    await site.expectExactly(device, tracked)
  })

  it('a browser without keepalive sends its last events as a beacon', async () => {
    await site.context.addInitScript(() => Reflect.deleteProperty(Request.prototype, 'keepalive'))
    const page = await site.open({ flushInterval: 60_000 })
    const device = await deviceOf(page)
    await site.expectExactly(device, [])
    const tracked = await track(page, 8)
    await page.goto('about:blank')
    await site.expectExactly(device, tracked)
  })

  it('a page over plain http, which has neither Web Locks nor randomUUID, measures all the same, in two tabs', async () => {
    const page = site.front.page.replace('127.0.0.1', 'shop.example')
    const [one, other] = [await site.open({}, page), await site.open({}, page)]
    expect(await one.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])
    const tracked = (await Promise.all([track(one, 10), track(other, 10)])).flat()
    await site.expectExactly(await deviceOf(one), tracked)
    expect(await deviceOf(other)).toBe(await deviceOf(one))
  })

  it('a tab that never gives the lock back holds up the others for ten seconds, not for ever', async () => {
    const [stuck, page] = [await site.open(), await site.open()]
    const device = await deviceOf(page)
    await site.expectExactly(device, [])
    await stuck.evaluate((lock) => {
      void navigator.locks.request(lock, () => new Promise(() => undefined))
    }, prefixOf(undefined))
    const started = Date.now()
    const tracked = await track(page, 4)
    await site.expectExactly(device, tracked)
    expect(Date.now() - started).toBeGreaterThan(9_000)
  })

  it('seeded chaos of reloads, closed tabs, lost answers, refusals and no network loses and doubles nothing', async () => {
    const random = new Random(11)
    const weathers: Weather[] = [
      'fine',
      'away',
      'answers lost',
      { status: 503, retryAfter: 1 },
      { status: 502, retryAfter: 0 },
    ]
    const tabs = [await site.open(), await site.open(), await site.open()]
    const device = await deviceOf(tabs[0] as Page)
    const tracked: string[] = []
    const happened: Record<string, number> = {}
    const chance: [string, number, (tab: Page, place: number) => Promise<unknown>][] = [
      ['track', 0.5, async (tab) => tracked.push(...(await track(tab, 1 + random.below(12))))],
      ['weather', 0.7, async () => (site.front.weather = weathers[random.below(weathers.length)] ?? 'fine')],
      ['reload', 0.8, (tab) => site.load(tab)],
      [
        'offline',
        0.88,
        () =>
          site.context
            .setOffline(true)
            .then(() => sleep(200))
            .then(() => site.context.setOffline(false)),
      ],
      [
        'leave',
        0.94,
        async (tab, place) => {
          tracked.push(...(await track(tab, 3)))
          await tab.close()
          tabs[place] = await site.open()
        },
      ],
      ['wait', 1, () => sleep(400)],
    ]
    for (let step = 0; step < 150; step++) {
      const place = random.below(tabs.length)
      const dice = random.unit()
      const [name, , act] = chance.find(([, up]) => dice < up) ?? chance[0] ?? []
      await act?.(tabs[place] as Page, place)
      happened[name ?? ''] = (happened[name ?? ''] ?? 0) + 1
    }
    site.front.weather = 'fine'
    await (tabs[0] as Page).evaluate(() => window.dispatchEvent(new Event('online')))
    await site.expectExactly(device, tracked)
    await allSent(tabs[0] as Page)
    const cut = site.posts().filter(({ status }) => status !== 202).length
    console.log(
      `chaos: ${tracked.length} events, ${site.posts().length} requests, ${cut} without a good answer`,
      happened,
    )
    expect(cut).toBeGreaterThan(10)
  }, 240_000)
})
