import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { DemoApp } from './demo-file.ts'

const USER_AGENTS: Record<DemoApp['platform'], string> = {
  android:
    'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36',
  ios: 'Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1',
}
const COUNTRIES = ['US', 'DE', 'GB', 'FR', 'BR', 'JP'] as const

/** The click id in the address a tracking link redirects to: in the Play referrer, or in the query. */
export function clickIdOf(location: string): string | null {
  const { searchParams } = new URL(location)
  const referrer = searchParams.get('referrer')
  return new URLSearchParams(referrer ?? '').get('click_id') ?? searchParams.get('click_id')
}

/**
 * One person: clicks a tracking link, follows the redirect's click id into an install a few seconds later, and plays.
 * Every fifth of them buys something.
 */
export async function visit(collector: string, app: DemoApp, number: number, signal: AbortSignal): Promise<void> {
  const links = Object.values(app.links)
  const link = links[number % links.length]
  if (!link) return
  const response = await fetch(`${collector}/c/${link}`, {
    redirect: 'manual',
    signal,
    headers: { 'user-agent': USER_AGENTS[app.platform] },
  })
  const location = response.headers.get('location')
  const clickId = location ? clickIdOf(location) : null
  if (!clickId || number % 3 === 0) return
  await sleep(3000 + (number % 5) * 1000, undefined, { signal })
  const device = {
    device_id: randomUUID(),
    platform: app.platform,
    country: COUNTRIES[number % COUNTRIES.length],
    app_version: '2.4.0',
    sdk_version: '1.2.0',
    ...(app.platform === 'android'
      ? { os_version: '15', device_model: 'Pixel 9', install_referrer: `click_id=${clickId}&utm_source=demo` }
      : { os_version: '18.6', device_model: 'iPhone 16', click_id: clickId }),
  }
  const event = (name: string, more: Record<string, unknown> = {}) => ({
    ...device,
    event_id: randomUUID(),
    event_name: name,
    event_time: Date.now(),
    ...more,
  })
  const events = [event('install'), event('session_start'), event('tutorial_step', { properties: { step: 1 } })]
  if (number % 5 === 0)
    events.push(event('purchase', { revenue: 4.99, currency: 'USD', properties: { product: 'starter_pack' } }))
  await fetch(`${collector}/v1/events`, {
    method: 'POST',
    signal,
    headers: { authorization: `Bearer ${app.ingestKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(events),
  })
}
