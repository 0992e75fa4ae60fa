import { setTimeout as sleep } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { arrived } from './fixtures/arrived.ts'
import { allSent, deviceOf, idsOf, queued, track, useSite } from './fixtures/site.ts'

const site = useSite()

describe('the browser SDK in unusual surroundings', { timeout: 120_000 }, () => {
  it('before consent nothing is stored or sent; with it, everything is; denied, nothing ever was', async () => {
    const page = await site.open({ requireConsent: true })
    const tracked = await track(page, 5)
    await sleep(800)
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    expect(site.front.seen).toEqual([])
    await page.evaluate(() => window.sdk.setConsent(true, { ads: false }))
    const rows = await site.expectExactly(await deviceOf(page), tracked)
    expect(new Set(rows.map(({ consent }) => consent))).toEqual(new Set(['{"measurement":true,"ads":false}']))
    const before = site.front.seen.length
    await site.context.setOffline(true)
    await track(page, 5)
    await page.evaluate(() => window.sdk.setConsent(false))
    await site.context.setOffline(false)
    expect(await page.evaluate(() => window.sdk.track('late') ?? 'refused')).toBe('refused')
    await page.goto('about:blank')
    await sleep(1000)
    expect(site.front.seen).toHaveLength(before)
    await site.load(page, { requireConsent: true })
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
  })

  it('a page that is prepared before anyone looks at it is no visit until then', async () => {
    await site.context.addInitScript(() => {
      Object.defineProperty(document, 'prerendering', { value: true, configurable: true })
    })
    const page = await site.open()
    const tracked = await track(page, 1)
    await sleep(800)
    expect(site.front.seen).toEqual([])
    expect(await page.evaluate(() => Object.keys(localStorage))).toEqual([])
    await page.evaluate(() => document.dispatchEvent(new Event('prerenderingchange')))
    await site.expectExactly(await deviceOf(page), tracked)
  })

  it('a device whose clock is two days ahead loses nothing: the time of arrival stands in', async () => {
    const page = await site.context.newPage()
    await page.clock.install({ time: Date.now() + 2 * 86_400_000 })
    await site.load(page)
    const tracked = await track(page, 3)
    await page.clock.runFor(1000)
    await page.clock.resume()
    const rows = await site.expectExactly(await deviceOf(page), tracked)
    const ahead = rows.filter(({ event_time }) => Date.parse(`${event_time}Z`) > Date.now() + 60_000)
    expect(ahead).toEqual([])
  })

  it('where storage is blocked, events still arrive once while the page is open, without an install', async () => {
    const page = await site.context.newPage()
    await page.addInitScript(() => {
      Object.defineProperty(window, 'localStorage', {
        get() {
          throw new DOMException('denied', 'SecurityError')
        },
      })
    })
    await site.load(page)
    const tracked = await track(page, 5)
    const rows = await arrived(site.stack, await deviceOf(page), 6)
    expect(idsOf(rows.filter(({ event_name }) => event_name === 'step'))).toEqual([...tracked].sort())
    expect(rows.map(({ event_name }) => event_name)).not.toContain('install')
    expect(rows).toHaveLength(6)
  })

  it('where storage is full, events are kept in memory and arrive', async () => {
    const page = await site.open()
    const device = await deviceOf(page)
    await allSent(page)
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
    await site.expectExactly(device, tracked)
  })
})
