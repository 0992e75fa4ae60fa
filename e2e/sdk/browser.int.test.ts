import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { scriptTag } from '#app/_lib/snippets.ts'
import { arrived } from './fixtures/arrived.ts'
import { allSent, deviceOf, queued, track, useSite } from './fixtures/site.ts'

const site = useSite()

describe('the browser SDK and the real collector', { timeout: 120_000 }, () => {
  it('sends install, session and events once, with what the page said about them, and asks for no permission', async () => {
    const page = await site.open({ appVersion: '2.1' }, '?click_id=clk_abc&referrer=utm_source%3Dads')
    await page.evaluate(() => {
      window.sdk.setCustomerUserId('user-7')
      window.sdk.track('purchase', { revenue: 4.99, currency: 'EUR', properties: { sku: 'ä1' }, eventId: 'order-1' })
    })
    const device = await deviceOf(page)
    const rows = await site.expectExactly(device, ['order-1'])
    expect(rows.find(({ event_name }) => event_name === 'install')).toMatchObject({
      click_id: 'clk_abc',
      install_referrer: 'utm_source=ads',
      platform: 'web',
      app_version: '2.1',
      sdk_version: 'web-0.1.0',
    })
    const purchase = rows.find(({ event_name }) => event_name === 'purchase')
    expect(purchase).toMatchObject({ customer_user_id: 'user-7', properties: '{"sku":"ä1"}' })
    expect(Number(purchase?.revenue)).toBe(4.99)
    expect(await queued(page)).toBe(0)
    expect(site.front.seen.map(({ method }) => method)).not.toContain('OPTIONS')
  })

  it('the snippet of the console, pasted into a page, reports the install and the purchase', async () => {
    const page = await site.context.newPage()
    site.front.html = scriptTag(site.front.url, site.stack.ingestKey)
    await page.goto(site.front.page)
    const device = await page.waitForFunction(() => window.unmogrowp?.deviceId?.(), undefined, { polling: 20 })
    const rows = await arrived(site.stack, await device.jsonValue(), 3)
    expect(rows.map(({ event_name }) => event_name).sort()).toEqual(['install', 'purchase', 'session_start'])
    expect(Number(rows.find(({ event_name }) => event_name === 'purchase')?.revenue)).toBe(4.99)
  })

  it('tracked offline, events survive a reload and arrive once when the network is back', async () => {
    const page = await site.open()
    await allSent(page)
    await site.context.setOffline(true)
    const tracked = await track(page, 30)
    await sleep(1000)
    const requests = site.front.seen.length
    expect(await queued(page)).toBe(30)
    await site.context.setOffline(false)
    site.front.weather = 'away'
    await site.load(page)
    tracked.push(...(await track(page, 5)))
    expect(await queued(page)).toBe(35)
    site.front.weather = 'fine'
    await site.expectExactly(await deviceOf(page), tracked)
    expect(site.front.seen.length).toBeGreaterThan(requests)
    expect(await queued(page)).toBe(0)
  })

  it('an "online" event sends what waits without further delay', async () => {
    const page = await site.open({ flushInterval: 60_000 })
    await allSent(page)
    await site.context.setOffline(true)
    const tracked = await track(page, 3)
    await site.context.setOffline(false)
    await site.expectExactly(await deviceOf(page), tracked)
  })

  it('a flapping network, whose answers get lost too, loses nothing and doubles nothing', async () => {
    const page = await site.open()
    const tracked: string[] = []
    for (const weather of ['answers lost', 'away', 'fine', 'answers lost', 'away', 'answers lost'] as const) {
      site.front.weather = weather
      const before = site.front.seen.length
      for (let burst = 0; burst < 5; burst++) {
        tracked.push(...(await track(page, 10)))
        await sleep(120)
      }
      await page.evaluate(() => window.dispatchEvent(new Event('online')))
      await expect.poll(() => site.front.seen.length, { timeout: 15_000 }).toBeGreaterThan(before)
    }
    site.front.weather = 'fine'
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await site.expectExactly(await deviceOf(page), tracked)
    const cut = site.front.seen.filter(({ status }) => status === 0).length
    console.log(`flapping: ${tracked.length} events, ${site.front.seen.length} requests, ${cut} of them cut`)
    expect(cut).toBeGreaterThanOrEqual(5)
  })

  it('503 with Retry-After is waited out, then everything arrives', async () => {
    site.front.weather = { status: 503, retryAfter: 3 }
    const page = await site.open()
    const tracked = await track(page, 25)
    await expect.poll(() => site.posts().length, { timeout: 10_000 }).toBe(1)
    tracked.push(...(await track(page, 25)))
    await page.evaluate(() => window.sdk.flush())
    await sleep(1500)
    expect(site.posts()).toHaveLength(1)
    site.front.weather = 'fine'
    await site.expectExactly(await deviceOf(page), tracked)
    const [first, second] = site.posts()
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3000)
  })

  it('an event that the collector refuses is told to the page and not sent again; the others of its batch arrive', async () => {
    const page = await site.open()
    const device = await deviceOf(page)
    const [good] = await page.evaluate(() => [
      window.sdk.track('good') ?? 'none',
      window.sdk.track('bad', { revenue: 1, currency: 'DOLLARS' }),
    ])
    await site.expectExactly(device, [good ?? ''])
    expect(await page.evaluate(() => window.rejected)).toMatchObject([
      { code: 'unknown_currency', field: 'currency', event: { event_name: 'bad' } },
    ])
    expect(await queued(page)).toBe(0)
  })

  it('large batches go packed, within what the collector takes', async () => {
    const page = await site.open({ flushInterval: 1000 })
    const tracked = await page.evaluate(() =>
      Array.from({ length: 60 }, (_, step) => {
        const properties = { step, text: 'lorem ipsum '.repeat(1000) }
        return window.sdk.track('large', { properties }) ?? 'none'
      }),
    )
    await site.expectExactly(await deviceOf(page), tracked)
    const packed = site.front.seen.filter(({ headers }) => headers['content-encoding'] === 'gzip')
    expect(packed.length).toBeGreaterThan(0)
    for (const { headers } of packed.filter(({ method }) => method === 'POST'))
      expect(Number(headers['content-length'])).toBeLessThan(20_000)
  })
})

it('the script is served with a validator, packed where the browser takes it, and to isolated pages', async () => {
  const first = await fetch(`${site.stack.collector}/sdk/v1.js`)
  expect(first.status).toBe(200)
  expect(first.headers.get('content-encoding')).toBe('gzip')
  expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect(await first.text()).toContain('unmogrowp')
  const etag = first.headers.get('etag') ?? ''
  const again = await fetch(`${site.stack.collector}/sdk/v1.js`, { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
  const posted = await fetch(`${site.stack.collector}/sdk/v1.js`, { method: 'POST' })
  expect(posted.status).toBe(405)
})
