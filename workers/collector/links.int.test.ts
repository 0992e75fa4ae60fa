import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { makeTenant, startTestCollector, type TestCollector, type TestTenant } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { AppError } from '#server/platform/errors.ts'

const stores = useStores()
let collector: TestCollector
let tenant: TestTenant

beforeAll(async () => {
  tenant = await makeTenant(stores, { adSet: 'set', subParams: { sub1: 'own' }, allowedHosts: ['shop.example'] })
  collector = await startTestCollector(stores.databaseUrl, { trustedProxies: '127.0.0.1' })
})
afterAll(() => collector?.stop())

const DESKTOP = 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/130.0.0.0 Safari/537.36'
const PHONE = 'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 Chrome/130.0.0.0 Mobile Safari/537.36'

function visit(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Response> {
  return fetch(collector.url + path, { method, redirect: 'manual', headers: { 'user-agent': DESKTOP, ...headers } })
}

const touches = () => collector.rows('touchpoint')

async function metric(name: string): Promise<number> {
  const found = await collector.registry.getSingleMetric(name)?.get()
  return (found?.values ?? []).reduce((sum, { value }) => sum + value, 0)
}

describe('302: a click', () => {
  it('is in the log before the redirect, which carries its id', async () => {
    const response = await visit(`/c/${tenant.linkId}?c=summer&gaid=A1&clickid=n1`, { 'x-forwarded-for': '8.8.8.8' })
    expect(response.status).toBe(302)
    const location = new URL(response.headers.get('location') ?? '')
    expect(location.origin + location.pathname).toBe('https://game.example/get')
    expect(response.headers.get('cache-control')).toBe('no-store')
    expect(response.headers.get('referrer-policy')).toBe('no-referrer')
    const id = location.searchParams.get('click_id')
    expect(id).toMatch(/^clk_/)
    expect((await touches()).find((row) => row.touchpoint_id === id)).toMatchObject({
      org_id: tenant.orgId,
      app_id: tenant.appId,
      touchpoint_type: 'click',
      link_id: tenant.linkId,
      media_source: 'ads_net',
      campaign: 'summer',
      ad_set: 'set',
      advertising_id: 'A1',
      sub_params: '{"sub1":"own","clickid":"n1"}',
      ip: '8.8.8.8',
      country: 'US',
      platform: 'web',
      user_agent: DESKTOP,
      request_id: response.headers.get('x-request-id'),
    })
  })

  it('goes to Google Play from Android, with the id in the referrer', async () => {
    const response = await visit(`/c/${tenant.linkId}/`, { 'user-agent': PHONE })
    const location = response.headers.get('location') ?? ''
    expect(location).toMatch(
      /^https:\/\/play\.google\.com\/store\/apps\/details\?id=com\.example\.game&referrer=click_id%3Dclk_\w+%26utm_source%3Dads_net/,
    )
    const id = /click_id%3D(clk_\w+)/.exec(location)?.[1]
    expect((await touches()).find((row) => row.touchpoint_id === id)).toMatchObject({
      platform: 'android',
      os_version: '14',
      device_model: 'Pixel 8',
    })
  })

  it('follows a destination in the query that the link allows', async () => {
    const response = await visit(`/c/${tenant.linkId}?redirect=${encodeURIComponent('https://shop.example/a')}`)
    expect(response.headers.get('location')).toMatch(/^https:\/\/shop\.example\/a\?click_id=clk_/)
  })

  it('says that it is retargeting where its link does, and not where it does not', async () => {
    const own = await makeTenant(stores, { isRetargeting: true })
    await visit(`/c/${own.linkId}`)
    await visit(`/v/${own.linkId}`)
    const rows = (await touches()).filter((row) => row.org_id === own.orgId)
    expect(rows.map((row) => [row.touchpoint_type, row.is_retargeting])).toEqual([
      ['click', true],
      ['view', true],
    ])
    const plain = (await touches()).filter((row) => row.org_id === tenant.orgId)
    expect(plain.some((row) => row.is_retargeting)).toBe(false)
    expect(plain.length).toBeGreaterThan(0)
  })

  it('still redirects when it cannot be recorded, and the failure is counted', async () => {
    const before = await metric('clicks_not_recorded_total')
    collector.failAppends(new AppError('unavailable', 'The disk is full.', { retryAfter: 5 }))
    const click = await visit(`/c/${tenant.linkId}`)
    const view = await visit(`/v/${tenant.linkId}`)
    collector.failAppends(null)
    expect(click.status).toBe(302)
    expect(click.headers.get('location')).toContain('https://game.example/get')
    expect(click.headers.get('x-recorded')).toBe('false')
    expect(view.status).toBe(200)
    expect(await metric('clicks_not_recorded_total')).toBe(before + 2)
    const text = await (await fetch(`${collector.url}/metrics`)).text()
    expect(text).toContain('clicks_not_recorded_total{type="click"} 1')
  })

  it.each<[string, string, Record<string, string>]>([
    ['HEAD', 'HEAD', {}],
    ['a prefetch', 'GET', { 'sec-purpose': 'prefetch;prerender' }],
    ['a link preview', 'GET', { 'user-agent': 'facebookexternalhit/1.1' }],
  ])('redirects %s without recording it', async (_what, method, headers) => {
    const before = (await touches()).length
    const response = await visit(`/c/${tenant.linkId}`, headers, method)
    expect(response.status).toBe(302)
    expect(response.headers.get('location')).toBe('https://game.example/get')
    expect(await touches()).toHaveLength(before)
  })

  it("follows the link's new destination as soon as it is changed", async () => {
    const own = await makeTenant(stores)
    expect((await visit(`/c/${own.linkId}`)).headers.get('location')).toContain('game.example')
    await stores.admin.link.update({ where: { id: own.linkId }, data: { fallbackUrl: 'https://new.example/' } })
    await vi.waitFor(async () =>
      expect((await visit(`/c/${own.linkId}`)).headers.get('location')).toContain('new.example'),
    )
  })
})

describe('400: a destination that the link does not allow', () => {
  it('neither redirects nor records', async () => {
    const before = (await touches()).length
    const response = await visit(`/c/${tenant.linkId}?redirect=${encodeURIComponent('https://evil.example/')}`)
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
    expect(await response.json()).toMatchObject({ error: { code: 'bad_request', field: 'redirect' } })
    expect(await touches()).toHaveLength(before)
  })
})

describe('404: no such link', () => {
  it.each(['/c/doesnotexist', '/c/', '/c/a/b', '/c/..%2f..', `/c/${'x'.repeat(500)}`, '/v/doesnotexist'])(
    '%s',
    async (path) => {
      const response = await visit(path)
      expect(response.status).toBe(404)
      expect(await response.json()).toMatchObject({ error: { code: 'not_found' } })
    },
  )

  it('an archived link, as soon as it is archived; people get a page that says what happened', async () => {
    const own = await makeTenant(stores)
    expect((await visit(`/c/${own.linkId}`)).status).toBe(302)
    await stores.admin.link.update({ where: { id: own.linkId }, data: { archivedAt: new Date() } })
    await vi.waitFor(async () => expect((await visit(`/c/${own.linkId}`)).status).toBe(404))
    const page = await visit(`/c/${own.linkId}`, { accept: 'text/html,*/*' })
    expect(page.headers.get('content-type')).toContain('text/html')
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'")
    expect(await page.text()).toContain('This link does not exist')
  })
})

describe('429: too many links that do not exist', () => {
  it('by address, with Retry-After, while links in use go on working', async () => {
    const slow = await startTestCollector(stores.databaseUrl, { limits: { wrongKeysPerIp: 3 } })
    try {
      const ask = (linkId: string) => fetch(`${slow.url}/c/${linkId}`, { redirect: 'manual' })
      expect((await ask(tenant.linkId)).status).toBe(302)
      // The word that an earlier test changed the link may still be on its way, and would make it be looked up again.
      await new Promise((resolve) => setTimeout(resolve, 200))
      expect((await ask(tenant.linkId)).status).toBe(302)
      const answers: Response[] = []
      for (let n = 0; n < 12; n += 1) answers.push(await ask(`guess${n}`))
      const refused = answers.filter(({ status }) => status === 429)
      expect(refused.length).toBeGreaterThan(0)
      expect(answers.filter(({ status }) => status === 404).length).toBe(answers.length - refused.length)
      expect(Number(refused[0]?.headers.get('retry-after'))).toBeGreaterThan(0)
      expect(await refused[0]?.json()).toMatchObject({ error: { code: 'rate_limited' } })
      expect((await ask(tenant.linkId)).status).toBe(302)
    } finally {
      await slow.stop()
    }
  })
})

describe('200: a view', () => {
  it('is in the log before the gif, which nobody may keep', async () => {
    const response = await visit(`/v/${tenant.linkId}?site_id=s1`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('image/gif')
    expect(response.headers.get('cache-control')).toContain('no-store')
    expect(Buffer.from(await response.arrayBuffer()).toString('latin1', 0, 6)).toBe('GIF89a')
    const requestId = response.headers.get('x-request-id')
    expect((await touches()).find((row) => row.request_id === requestId)).toMatchObject({
      touchpoint_type: 'view',
      touchpoint_id: expect.stringMatching(/^vw_/),
      site_id: 's1',
    })
  })
})
