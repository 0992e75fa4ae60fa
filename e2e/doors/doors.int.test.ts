import { createServer, type Server } from 'node:http'
import { join } from 'node:path'
import { Analytics } from '@segment/analytics-node'
import { type Browser, chromium, type Page } from 'playwright'
import { rolldown } from 'rolldown'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CHROMIUM_ARGS, ensureChromium } from '#cli/stack/chromium.ts'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { saveAdjustSettings } from '#server/modules/doors/index.ts'
import type { AppId, OrgId, UserId } from '#server/platform/ids.ts'
import { type DoorRow, rowsOf } from './rows.ts'

let stack: IngestStack
let browser: Browser
let site: Server
let siteUrl: string

beforeAll(async () => {
  const build = await rolldown({
    input: join(import.meta.dirname, 'pages/segment.ts'),
    platform: 'browser',
    transform: { define: { 'process.env.NODE_ENV': '"production"' } },
  })
  const { output } = await build.generate({ format: 'iife', codeSplitting: false })
  const script = output[0].code
  site = createServer((request, response) => {
    const isScript = request.url?.startsWith('/page.js')
    response.writeHead(200, { 'content-type': isScript ? 'text/javascript' : 'text/html' })
    response.end(isScript ? script : '<!doctype html><title>A shop</title><script src="/page.js"></script>')
  })
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve))
  const address = site.address()
  siteUrl = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`
  stack = await startIngestStack()
  const { path } = ensureChromium((text) => console.log(text))
  browser = await chromium.launch({ executablePath: path, args: CHROMIUM_ARGS })
}, 180_000)
afterAll(async () => {
  await browser?.close()
  site?.close()
  await stack?.stop()
})

const propertiesOf = (row: DoorRow | undefined) => JSON.parse(row?.properties ?? '{}') as Record<string, unknown>

describe("Segment's Node library, unchanged", () => {
  const messages = (analytics: Analytics) => {
    const userId = 'node-user'
    analytics.track({
      userId,
      anonymousId: 'node-device',
      event: 'Order Completed',
      properties: { revenue: 19.99, currency: 'EUR', order: 'ü-1' },
      context: { ip: '193.99.144.80', userAgent: 'Shop/1', locale: 'de-DE' },
      messageId: 'no uuid, but a text',
    })
    analytics.identify({ userId, traits: { plan: 'pro' } })
    analytics.page({ userId, name: 'Home', properties: { path: '/' } })
    analytics.screen({ userId, name: 'Cart' })
    analytics.group({ userId, groupId: 'acme' })
    analytics.alias({ userId, previousId: 'node-device' })
  }

  it('sends every call with an ingest key as its write key, and each arrives once', async () => {
    const analytics = new Analytics({ writeKey: stack.ingestKey, host: stack.collector, flushAt: 3 })
    const errors: unknown[] = []
    analytics.on('error', (error) => errors.push(error))
    messages(analytics)
    await analytics.closeAndFlush({ timeout: 20_000 })
    expect(errors).toEqual([])
    const rows = await rowsOf(stack, "customer_user_id = 'node-user'", 6)
    expect(rows.map((row) => row.event_name).sort()).toEqual([
      'Order Completed',
      'alias',
      'group',
      'identify',
      'page',
      'screen',
    ])
    const order = rows.find((row) => row.event_name === 'Order Completed')
    expect(order).toMatchObject({
      event_id: 'no uuid, but a text',
      device_id: 'node-device',
      revenue: '19.99',
      currency: 'EUR',
      user_agent: 'Shop/1',
      locale: 'de-DE',
      // Neither the server's own address nor one that only an ingest key vouches for.
      country: '',
    })
    expect(propertiesOf(order)).toMatchObject({ order: 'ü-1' })
    expect(propertiesOf(rows.find((row) => row.event_name === 'group'))).toMatchObject({ group_id: 'acme' })
  })

  it("sends with a secret key and the app's id behind a colon, and its word about the address is believed", async () => {
    const writeKey = `${stack.secretKey}:${stack.appId}`
    const analytics = new Analytics({ writeKey, host: stack.collector, flushAt: 1 })
    const track = {
      userId: 'secret-user',
      event: 'Signed In',
      messageId: 'signed-in-1',
      context: { ip: '193.99.144.80' },
    }
    analytics.track(track)
    analytics.track(track)
    await analytics.closeAndFlush({ timeout: 20_000 })
    const rows = await rowsOf(stack, "customer_user_id = 'secret-user'", 1)
    expect(rows).toMatchObject([{ country: 'DE', device_id: 'user:secret-user', event_id: 'signed-in-1' }])
  })

  it('learns from the answer that a wrong write key was refused', async () => {
    const analytics = new Analytics({ writeKey: 'ik_no_such_key_at_all', host: stack.collector, flushAt: 1 })
    const failed = new Promise<{ reason?: unknown }>((resolve) => analytics.on('error', resolve))
    analytics.track({ userId: 'nobody', event: 'Lost' })
    expect(String((await failed).reason)).toContain('401')
    await analytics.closeAndFlush({ timeout: 5_000 })
  })
})

describe("Segment's browser library, unchanged", () => {
  async function open(query: Record<string, string> = {}): Promise<{ page: Page; requests: string[] }> {
    const context = await browser.newContext({ userAgent: 'TestBrowser/7', locale: 'de-DE' })
    const page = await context.newPage()
    const requests: string[] = []
    page.on('request', (request) => requests.push(request.url()))
    page.on('requestfailed', (request) => requests.push(`failed: ${request.url()} ${request.failure()?.errorText}`))
    await page.goto(
      `${siteUrl}/?${new URLSearchParams({ key: stack.ingestKey, collector: stack.collector, ...query })}`,
    )
    return { page, requests }
  }

  it('takes its settings from the collector and sends track, page and identify there and nowhere else', async () => {
    const { page, requests } = await open({ click_id: 'clk_from_the_link' })
    const anonymousId = await page.evaluate(async () => {
      await window.analytics.page('Home')
      await window.analytics.track('Product Viewed', { price: 3 })
      await window.analytics.track('Order Completed', { revenue: 7.5, currency: 'USD' })
      await window.analytics.identify('browser-user', { plan: 'free' })
      return (await window.analytics.user()).anonymousId()
    })
    const rows = await rowsOf(stack, `device_id = '${anonymousId}'`, 4)
    expect(rows.map((row) => row.event_name).sort()).toEqual(['Order Completed', 'Product Viewed', 'identify', 'page'])
    for (const row of rows) {
      expect(row).toMatchObject({
        platform: 'web',
        user_agent: 'TestBrowser/7',
        ip: '127.0.0.1',
        locale: 'de-DE',
        click_id: 'clk_from_the_link',
      })
      expect(row.sdk_version).toMatch(/^analytics\.js/)
    }
    expect(rows.find((row) => row.event_name === 'Order Completed')).toMatchObject({ revenue: '7.5', currency: 'USD' })
    expect(rows.find((row) => row.event_name === 'identify')?.customer_user_id).toBe('browser-user')
    const elsewhere = requests.filter((url) => !url.startsWith(siteUrl) && !url.startsWith(stack.collector))
    expect(elsewhere).toEqual([])
    await page.context().close()
  })

  it('sends in batches where it is told to, the rest when the page goes', async () => {
    const { page } = await open({ batching: 'yes' })
    const anonymousId = await page.evaluate(async () => (await window.analytics.user()).anonymousId())
    await page.evaluate(() => {
      for (let step = 0; step < 4; step += 1) void window.analytics.track('Step', { step })
    })
    await page.waitForResponse((response) => response.url().endsWith('/v1/b'))
    await page.goto('about:blank')
    const rows = await rowsOf(stack, `device_id = '${anonymousId}'`, 4)
    expect(rows.map((row) => propertiesOf(row).step).sort()).toEqual([0, 1, 2, 3])
    await page.context().close()
  })
})

describe("servers that called AppsFlyer's and Adjust's addresses before", () => {
  it('AppsFlyer: an event that is sent twice with its time counts once', async () => {
    const send = () =>
      fetch(`${stack.collector}/inappevent/com.example.bench`, {
        method: 'POST',
        headers: { authentication: stack.secretKey, 'content-type': 'application/json' },
        body: JSON.stringify({
          appsflyer_id: '1415211453000-6513894',
          eventName: 'af_purchase',
          eventValue: '{"af_revenue":"6.72","af_currency":"EUR","af_content_id":"15854"}',
          eventTime: '2026-11-20 10:00:00.123',
          ip: '193.99.144.80',
        }),
      })
    for (const answer of [await send(), await send()]) {
      expect([answer.status, await answer.text()]).toEqual([200, 'OK'])
    }
    const rows = await rowsOf(stack, "device_id = '1415211453000-6513894'", 1)
    expect(rows).toMatchObject([
      {
        event_name: 'af_purchase',
        event_time: '2026-11-20 10:00:00.123',
        revenue: '6.72',
        currency: 'EUR',
        country: 'DE',
      },
    ])
    expect(propertiesOf(rows[0])).toEqual({ af_revenue: '6.72', af_currency: 'EUR', af_content_id: '15854' })
  })

  it('Adjust: a first session is the install and a session, each once, and an event bears the name it was given', async () => {
    const orgId = stack.orgId as OrgId
    const settings = { appToken: '4w565xzmb54d', tokenAlone: false, events: [{ token: 'f0ob4r', name: 'purchase' }] }
    await saveAdjustSettings({ orgId, appId: stack.appId as AppId }, settings, 'usr_test' as UserId)
    const get = (path: string, params: Record<string, string>) =>
      fetch(
        `${stack.collector}${path}?${new URLSearchParams({ s2s: '1', app_token: '4w565xzmb54d', gps_adid: 'adjust-device', ...params })}`,
        { headers: { authorization: `Bearer ${stack.ingestKey}` } },
      )
    const first = { session_count: '1', created_at: '2026-11-20T10:00:00.000Z+0200' }
    const purchase = { event_token: 'f0ob4r', created_at_unix: '1763640000', revenue: '4.5', currency: 'usd' }
    const retried = [() => get('/session', first), () => get('/event', purchase)]
    for (const send of [...retried, ...retried]) expect(await (await send()).text()).toBe('OK')
    const rows = await rowsOf(stack, "device_id = 'adjust-device'", 3)
    expect(rows.map((row) => row.event_name).sort()).toEqual(['install', 'purchase', 'session_start'])
    expect(rows.find((row) => row.event_name === 'install')?.event_time).toBe('2026-11-20 08:00:00.000')
    expect(rows.find((row) => row.event_name === 'purchase')).toMatchObject({
      revenue: '4.5',
      currency: 'USD',
      advertising_id: 'adjust-device',
      event_time: '2025-11-20 12:00:00.000',
    })
  })
})
