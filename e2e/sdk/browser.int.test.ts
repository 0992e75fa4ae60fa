import { setTimeout as sleep } from 'node:timers/promises'
import { type Browser, type BrowserContext, chromium, type Page } from 'playwright'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { scriptTag } from '#app/_lib/snippets.ts'
import { CHROMIUM_ARGS, ensureChromium } from '#cli/stack/chromium.ts'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import type { Client, Options, Rejection } from '../../sdk/browser.ts'
import { installScript } from '../../sdk/build.ts'
import { type ArrivedEvent, arrived } from './fixtures/arrived.ts'
import { type Front, startFront } from './fixtures/front.ts'

declare global {
  interface Window {
    sdk: Client
    rejected: Rejection[]
  }
}

let stack: IngestStack
let browser: Browser
let front: Front
let context: BrowserContext

beforeAll(async () => {
  await installScript()
  stack = await startIngestStack()
  const { path } = ensureChromium((text) => console.log(text))
  // A host that is not this machine's own makes pages over plain http what they are elsewhere: not secure.
  const args = [...CHROMIUM_ARGS, '--host-resolver-rules=MAP shop.example 127.0.0.1']
  browser = await chromium.launch({ executablePath: path, args })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
beforeEach(async () => {
  front = await startFront(stack.collector)
  context = await browser.newContext()
})
afterEach(async () => {
  await context?.close()
  await front?.close()
})

/** Opens the site and starts the SDK that the collector served. */
async function open(options: Partial<Options> = {}, query = ''): Promise<Page> {
  const page = await context.newPage()
  await load(page, options, query)
  return page
}

/** @param query of the site's page, or another address of it */
async function load(page: Page, options: Partial<Options> = {}, query = ''): Promise<void> {
  const { weather } = front
  // The script itself has to come; the weather is about what it sends.
  front.weather = 'fine'
  await page.goto(query.startsWith('http') ? query : front.page + query)
  front.weather = weather
  await page.evaluate(
    ([key, more]) => {
      if (!window.unmogrowp) throw new Error('The script did not load.')
      window.rejected = []
      window.sdk = window.unmogrowp.init({
        key,
        flushInterval: 200,
        ...more,
        onRejected: (rejection) => window.rejected.push(rejection),
      })
    },
    [stack.ingestKey, options] as const,
  )
}

/** Tracks so many events and returns their ids. */
const track = (page: Page, count: number, name = 'step'): Promise<string[]> =>
  page.evaluate(
    ([many, event]) =>
      Array.from({ length: many }, (_, step) => window.sdk.track(event, { properties: { step } }) ?? 'none'),
    [count, name] as const,
  )
/** A new device has its id once no other tab can be making one. */
const deviceOf = async (page: Page) =>
  (await page.waitForFunction(() => window.sdk.deviceId(), undefined, { polling: 20 })).jsonValue()
/** Requests with events; packed ones have a question for permission before them. */
const posts = () => front.seen.filter(({ method }) => method === 'POST')
const queued = (page: Page) =>
  page.evaluate(() => Object.keys(localStorage).filter((key) => key.includes('.q.')).length)
const idsOf = (rows: ArrivedEvent[]) => rows.map(({ event_id }) => event_id).sort()

/** What a new device sends by itself. */
const OWN = ['install', 'session_start']

/** Everything tracked is there once, beside the device's one install and one session. */
async function expectExactly(device: string | null, tracked: string[]): Promise<ArrivedEvent[]> {
  const rows = await arrived(stack, device, tracked.length + OWN.length)
  const own = rows.filter(({ event_name }) => OWN.includes(event_name))
  expect(own.map(({ event_name }) => event_name).sort()).toEqual(OWN)
  expect(idsOf(rows.filter((row) => !own.includes(row)))).toEqual([...tracked].sort())
  return rows
}

describe('the browser SDK and the real collector', { timeout: 120_000 }, () => {
  it('sends install, session and events once, with what the page said about them, and asks for no permission', async () => {
    const page = await open({ appVersion: '2.1' }, '?click_id=clk_abc&referrer=utm_source%3Dads')
    await page.evaluate(() => {
      window.sdk.setCustomerUserId('user-7')
      window.sdk.track('purchase', { revenue: 4.99, currency: 'EUR', properties: { sku: 'ä1' }, eventId: 'order-1' })
    })
    const device = await deviceOf(page)
    const rows = await expectExactly(device, ['order-1'])
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
    expect(front.seen.map(({ method }) => method)).not.toContain('OPTIONS')
  })

  it('the snippet of the console, pasted into a page, reports the install and the purchase', async () => {
    const page = await context.newPage()
    front.html = scriptTag(front.url, stack.ingestKey)
    await page.goto(front.page)
    const device = await page.waitForFunction(() => window.unmogrowp?.deviceId?.(), undefined, { polling: 20 })
    const rows = await arrived(stack, await device.jsonValue(), 3)
    expect(rows.map(({ event_name }) => event_name).sort()).toEqual(['install', 'purchase', 'session_start'])
    expect(Number(rows.find(({ event_name }) => event_name === 'purchase')?.revenue)).toBe(4.99)
  })

  it('tracked offline, events survive a reload and arrive once when the network is back', async () => {
    const page = await open()
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes('.q.')).length === 0)
    await context.setOffline(true)
    const tracked = await track(page, 30)
    await sleep(1000)
    const requests = front.seen.length
    expect(await queued(page)).toBe(30)
    await context.setOffline(false)
    front.weather = 'away'
    await load(page)
    tracked.push(...(await track(page, 5)))
    expect(await queued(page)).toBe(35)
    front.weather = 'fine'
    await expectExactly(await deviceOf(page), tracked)
    expect(front.seen.length).toBeGreaterThan(requests)
    expect(await queued(page)).toBe(0)
  })

  it('an "online" event sends what waits without further delay', async () => {
    const page = await open({ flushInterval: 60_000 })
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes('.q.')).length === 0)
    await context.setOffline(true)
    const tracked = await track(page, 3)
    await context.setOffline(false)
    await expectExactly(await deviceOf(page), tracked)
  })

  it('a flapping network, whose answers get lost too, loses nothing and doubles nothing', async () => {
    const page = await open()
    const tracked: string[] = []
    for (const weather of ['answers lost', 'away', 'fine', 'answers lost', 'away', 'answers lost'] as const) {
      front.weather = weather
      for (let burst = 0; burst < 5; burst++) {
        tracked.push(...(await track(page, 10)))
        await sleep(120)
      }
    }
    front.weather = 'fine'
    await page.evaluate(() => window.dispatchEvent(new Event('online')))
    await expectExactly(await deviceOf(page), tracked)
    const cut = posts().filter(({ status }) => status === 0).length
    console.log(`flapping: ${tracked.length} events, ${front.seen.length} requests, ${cut} of them cut`)
    expect(cut).toBeGreaterThan(3)
  })

  it('503 with Retry-After is waited out, then everything arrives', async () => {
    front.weather = { status: 503, retryAfter: 3 }
    const page = await open()
    const tracked = await track(page, 25)
    await expect.poll(() => posts().length, { timeout: 10_000 }).toBe(1)
    tracked.push(...(await track(page, 25)))
    await page.evaluate(() => window.sdk.flush())
    await sleep(1500)
    expect(posts()).toHaveLength(1)
    front.weather = 'fine'
    await expectExactly(await deviceOf(page), tracked)
    const [first, second] = posts()
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThanOrEqual(3000)
  })

  it('two tabs that share a queue, one of them closed in the middle, lose and double nothing', async () => {
    const [one, other] = await Promise.all([open(), open()])
    const tracked: string[] = []
    front.weather = 'answers lost'
    for (let round = 0; round < 4; round++) {
      const both = await Promise.all([track(one, 10, 'one'), track(other, 10, 'other')])
      tracked.push(...both.flat())
      await sleep(150)
    }
    const device = await deviceOf(other)
    expect(await deviceOf(one)).toBe(device)
    await one.close()
    front.weather = 'fine'
    tracked.push(...(await track(other, 10)))
    await expectExactly(device, tracked)
    expect(await queued(other)).toBe(0)
  })

  it('tabs that are restored all at once on the first visit are one device with one install and one session', async () => {
    const pages = await Promise.all(Array.from({ length: 5 }, () => open()))
    const tracked = (await Promise.all(pages.map((page) => track(page, 3)))).flat()
    const devices = new Set(await Promise.all(pages.map(deviceOf)))
    expect(devices.size).toBe(1)
    const [device = null] = devices
    await expectExactly(device, tracked)
  })

  it('what is tracked in the instant before the page is left arrives without another visit', async () => {
    const page = await open({ flushInterval: 60_000 })
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes('.q.')).length === 0)
    const device = await deviceOf(page)
    const tracked = await page.evaluate(() => {
      const ids = Array.from({ length: 15 }, () => window.sdk.track('leaving') ?? 'none')
      location.href = 'about:blank'
      return ids
    })
    await page.waitForURL('about:blank')
    await expectExactly(device, tracked)
  })

  it('a closed tab sends what waited, and a later visit sends it again without counting twice', async () => {
    const page = await open({ flushInterval: 60_000 })
    const device = await deviceOf(page)
    const tracked = await track(page, 10)
    await page.close({ runBeforeUnload: true })
    await expectExactly(device, tracked)
    const again = await open()
    await expect.poll(() => queued(again), { timeout: 20_000 }).toBe(0)
    expect(await deviceOf(again)).toBe(device)
    await expectExactly(device, tracked)
  })

  it('a browser without keepalive sends its last events as a beacon', async () => {
    await context.addInitScript(() => Reflect.deleteProperty(Request.prototype, 'keepalive'))
    const page = await open({ flushInterval: 60_000 })
    const device = await deviceOf(page)
    await expectExactly(device, [])
    const tracked = await track(page, 8)
    await page.goto('about:blank')
    await expectExactly(device, tracked)
  })

  it('a page over plain http, which has neither Web Locks nor randomUUID, measures all the same, in two tabs', async () => {
    const page = front.page.replace('127.0.0.1', 'shop.example')
    const [one, other] = [await open({}, page), await open({}, page)]
    expect(await one.evaluate(() => [isSecureContext, 'locks' in navigator])).toEqual([false, false])
    const tracked = (await Promise.all([track(one, 10), track(other, 10)])).flat()
    await expectExactly(await deviceOf(one), tracked)
    expect(await deviceOf(other)).toBe(await deviceOf(one))
  })

  it('a tab that never gives the lock back holds up the others for ten seconds, not for ever', async () => {
    const [stuck, page] = [await open(), await open()]
    const device = await deviceOf(page)
    await expectExactly(device, [])
    await stuck.evaluate((key) => {
      void navigator.locks.request(`unmogrowp.${key}.`, () => new Promise(() => undefined))
    }, stack.ingestKey)
    const started = Date.now()
    const tracked = await track(page, 4)
    await expectExactly(device, tracked)
    expect(Date.now() - started).toBeGreaterThan(9_000)
  })

  it('a page that is prepared before anyone looks at it is no visit until then', async () => {
    await context.addInitScript(() => {
      Object.defineProperty(document, 'prerendering', { value: true, configurable: true })
    })
    const page = await open()
    const tracked = await track(page, 1)
    await sleep(800)
    expect(front.seen).toEqual([])
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')))
    await expectExactly(await deviceOf(page), tracked)
  })

  it('before consent nothing is stored or sent; with it, everything is; denied, nothing ever was', async () => {
    const page = await open({ requireConsent: true })
    const tracked = await track(page, 5)
    await sleep(800)
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    expect(front.seen).toEqual([])
    await page.evaluate(() => window.sdk.setConsent(true, { ads: false }))
    const rows = await expectExactly(await deviceOf(page), tracked)
    expect(new Set(rows.map(({ consent }) => consent))).toEqual(new Set(['{"measurement":true,"ads":false}']))
    const before = front.seen.length
    await context.setOffline(true)
    await track(page, 5)
    await page.evaluate(() => window.sdk.setConsent(false))
    await context.setOffline(false)
    expect(await page.evaluate(() => window.sdk.track('late') ?? 'refused')).toBe('refused')
    await page.goto('about:blank')
    await sleep(1000)
    expect(front.seen).toHaveLength(before)
    await load(page, { requireConsent: true })
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
  })

  it('an event that the collector refuses is told to the page and not sent again; the others of its batch arrive', async () => {
    const page = await open()
    const device = await deviceOf(page)
    const [good] = await page.evaluate(() => [
      window.sdk.track('good') ?? 'none',
      window.sdk.track('bad', { revenue: 1, currency: 'DOLLARS' }),
    ])
    await expectExactly(device, [good ?? ''])
    expect(await page.evaluate(() => window.rejected)).toMatchObject([
      { code: 'unknown_currency', field: 'currency', event: { event_name: 'bad' } },
    ])
    expect(await queued(page)).toBe(0)
  })

  it('a device whose clock is two days ahead loses nothing: the time of arrival stands in', async () => {
    const page = await context.newPage()
    await page.clock.install({ time: Date.now() + 2 * 86_400_000 })
    await load(page)
    const tracked = await track(page, 3)
    await page.clock.runFor(1000)
    await page.clock.resume()
    const rows = await expectExactly(await deviceOf(page), tracked)
    const ahead = rows.filter(({ event_time }) => Date.parse(`${event_time}Z`) > Date.now() + 60_000)
    expect(ahead).toEqual([])
  })

  it('large batches go packed, within what the collector takes', async () => {
    const page = await open({ flushInterval: 1000 })
    const tracked = await page.evaluate(() =>
      Array.from({ length: 60 }, (_, step) => {
        const properties = { step, text: 'lorem ipsum '.repeat(1000) }
        return window.sdk.track('large', { properties }) ?? 'none'
      }),
    )
    await expectExactly(await deviceOf(page), tracked)
    const packed = front.seen.filter(({ headers }) => headers['content-encoding'] === 'gzip')
    expect(packed.length).toBeGreaterThan(0)
    for (const { headers } of packed.filter(({ method }) => method === 'POST'))
      expect(Number(headers['content-length'])).toBeLessThan(20_000)
  })

  it('where storage is blocked, events still arrive once while the page is open, without an install', async () => {
    const page = await context.newPage()
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    })
    await load(page)
    const tracked = await track(page, 5)
    const rows = await arrived(stack, await deviceOf(page), 6)
    expect(idsOf(rows.filter(({ event_name }) => event_name === 'step'))).toEqual([...tracked].sort())
    expect(rows.map(({ event_name }) => event_name)).not.toContain('install')
    expect(rows).toHaveLength(6)
  })

  it('where storage is full, events are kept in memory and arrive', async () => {
    const page = await open()
    const device = await deviceOf(page)
    await page.waitForFunction(() => Object.keys(localStorage).filter((key) => key.includes('.q.')).length === 0)
    await page.evaluate(() => {
      const fill = (size: number) => {
        try {
          for (let index = 0; ; index++) localStorage.setItem(`host-${size}-${index}`, 'x'.repeat(size))
        } catch {
          // Full, for this size.
        }
      }
      for (const size of [100_000, 1000, 10, 0]) fill(size)
    })
    const tracked = await track(page, 10)
    expect(await queued(page)).toBe(0)
    await expectExactly(device, tracked)
  })
})

it('the script is served with a validator, packed where the browser takes it, and to isolated pages', async () => {
  const first = await fetch(`${stack.collector}/sdk/v1.js`)
  expect(first.status).toBe(200)
  expect(first.headers.get('content-encoding')).toBe('gzip')
  expect(first.headers.get('content-type')).toBe('text/javascript; charset=utf-8')
  expect(first.headers.get('cross-origin-resource-policy')).toBe('cross-origin')
  expect(await first.text()).toContain('unmogrowp')
  const etag = first.headers.get('etag') ?? ''
  const again = await fetch(`${stack.collector}/sdk/v1.js`, { headers: { 'if-none-match': etag } })
  expect(again.status).toBe(304)
  const posted = await fetch(`${stack.collector}/sdk/v1.js`, { method: 'POST' })
  expect(posted.status).toBe(405)
})
