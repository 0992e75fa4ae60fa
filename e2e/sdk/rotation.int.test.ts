import { describe, expect, it, vi } from 'vitest'
import { arrived } from './fixtures/arrived.ts'
import { launch, PhoneStorage } from './fixtures/phone.ts'
import { secondKey } from './fixtures/second-key.ts'
import { allSent, deviceOf, queued, track, useSite } from './fixtures/site.ts'

const site = useSite()

describe('an ingest key that is rotated', { timeout: 120_000 }, () => {
  it.each(['this version', 'an earlier version'])(
    'leaves a browser the device it was, and what waited offline in %s arrives with the new key',
    async (version) => {
      const page = await site.open()
      const device = await deviceOf(page)
      await allSent(page)
      site.front.weather = 'away'
      const tracked = await track(page, 10)
      const { ingestKey } = site.stack
      await page.goto('about:blank')
      await page.goto(site.front.page)
      if (version === 'an earlier version') {
        await page.evaluate((key) => {
          for (const [name, value] of Object.entries(localStorage)) {
            localStorage.removeItem(name)
            localStorage.setItem(name.replace('unmogrowp.default.', `unmogrowp.${key}.`), value)
          }
        }, ingestKey)
      }
      expect(await queued(page)).toBe(10)
      site.front.weather = 'fine'
      await site.load(page, { key: await secondKey(site.stack) })
      expect(await deviceOf(page)).toBe(device)
      await site.expectExactly(device, tracked)
    },
  )

  it('leaves a phone the device it was, and what waited offline arrives with the new key', async () => {
    const storage = new PhoneStorage()
    const settings = { key: site.stack.ingestKey, endpoint: site.front.url }
    const before = await launch(storage, settings, { connected: false })
    await vi.waitFor(() => expect(before.client.deviceId()).toBeTruthy(), { timeout: 10_000 })
    const device = before.client.deviceId()
    const tracked = Array.from({ length: 5 }, () => before.client.track('step'))
    // Install and session wait with them.
    const waiting = () => [...storage.items.keys()].filter((key) => key.includes('.q.')).length
    await vi.waitFor(() => expect(waiting()).toBe(7), { timeout: 10_000 })
    const after = await launch(storage, { ...settings, key: await secondKey(site.stack) })
    await vi.waitFor(() => expect(after.client.deviceId()).toBe(device), { timeout: 10_000 })
    const rows = await arrived(site.stack, device, 7)
    expect(rows.map(({ event_name }) => event_name).sort()).toEqual([
      'install',
      'session_start',
      ...tracked.map(() => 'step'),
    ])
  })
})
