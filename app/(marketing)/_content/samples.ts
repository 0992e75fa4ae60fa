/**
 * Snippets of the documentation. They are built from the objects below, which samples.test.ts sends through the collector's
 * own validator, so that what a newcomer copies is accepted.
 */

/** Stand-ins for keys and ids that the reader replaces by their own. */
export const PLACEHOLDER = {
  ingestKey: 'YOUR_INGEST_KEY',
  secretKey: 'YOUR_SECRET_KEY',
  appId: 'YOUR_APP_ID',
  app: 'YOUR_APP',
  clickId: 'CLICK_ID_FROM_THE_LINK',
  deviceId: 'phone-1',
} as const

export const INSTALL = {
  event_id: '0198f2c1-6a1e-7c3d-9a55-3f1f1a2b3c4d',
  event_name: 'install',
  platform: 'android',
  device_id: PLACEHOLDER.deviceId,
  install_referrer: `click_id=${PLACEHOLDER.clickId}`,
  app_version: '1.0.0',
}

export const PURCHASE = {
  event_id: 'order-1001',
  event_name: 'purchase',
  platform: 'android',
  device_id: PLACEHOLDER.deviceId,
  revenue: 4.99,
  currency: 'USD',
  properties: { product: 'starter_pack' },
}

/** The same purchase told by a server, which knows the device's address and user agent. */
export const SERVER_PURCHASE = {
  ...PURCHASE,
  ip: '203.0.113.7',
  user_agent: 'Mozilla/5.0 (Linux; Android 15; Pixel 9)',
}

/** A batch of which the second event is refused. */
export const MIXED_BATCH = [PURCHASE, { ...PURCHASE, event_id: 'order-1002', currency: 'DOLLARS' }] as const

/** What the collector answers to MIXED_BATCH. */
export const MIXED_ANSWER = {
  accepted: 1,
  rejected: [
    {
      index: 1,
      code: 'unknown_currency',
      message: 'currency is not an ISO 4217 code such as USD or EUR.',
      field: 'currency',
    },
  ],
}

export const TOUCHPOINTS = [
  {
    touchpoint_id: 'network-click-1',
    touchpoint_type: 'click',
    touchpoint_time: '2026-11-01T09:30:00Z',
    media_source: 'example_network',
    campaign: 'spring',
    ad_set: 'lookalikes',
    advertising_id: '38400000-8cf0-11bd-b23e-10b96e40000d',
  },
  {
    touchpoint_id: 'network-view-1',
    touchpoint_type: 'view',
    touchpoint_time: '2026-11-01T09:31:12Z',
    media_source: 'example_network',
    campaign: 'spring',
    advertising_id: '38400000-8cf0-11bd-b23e-10b96e40000d',
  },
] as const

export const REPORT_REQUEST = {
  app: PLACEHOLDER.app,
  from: '2026-11-01',
  to: '2026-11-08',
  metrics: ['clicks', 'installs', 'conversion_rate', 'revenue'],
  dimensions: ['media_source', 'campaign'],
  filters: [{ dimension: 'country', operator: 'in', value: ['DE', 'FR'] }],
  orderBy: [{ field: 'installs', direction: 'desc' }],
  limit: 100,
} as const

const pretty = (value: unknown) => JSON.stringify(value, null, 2)
const ndjson = (values: readonly unknown[]) => values.map((value) => JSON.stringify(value)).join('\n')

/** curl with an ingest key: one event as a JSON object. */
export function curlEvent(collector: string, event: unknown): string {
  return `curl -i ${collector}/v1/events \\
  -H 'Authorization: Bearer ${PLACEHOLDER.ingestKey}' \\
  -H 'Content-Type: application/json' \\
  -d '${pretty(event)}'`
}

/** fetch from an app or a page: an array, with ids made on the device so that a retry counts once. */
export function javaScriptEvents(collector: string): string {
  const { event_name, platform, device_id, install_referrer } = INSTALL
  return `const common = { platform: '${platform}', device_id: '${device_id}' }
const events = [
  {
    ...common,
    event_id: crypto.randomUUID(),
    event_name: '${event_name}',
    event_time: new Date().toISOString(),
    install_referrer: '${install_referrer}',
  },
  {
    ...common,
    event_id: crypto.randomUUID(),
    event_name: 'session_start',
    event_time: new Date().toISOString(),
  },
]
const response = await fetch('${collector}/v1/events', {
  method: 'POST',
  keepalive: true,
  headers: {
    Authorization: 'Bearer ${PLACEHOLDER.ingestKey}',
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(events),
})
// 202: on disk. 429 or 503: wait for Retry-After and send the same events again.
console.log(response.status, await response.json())`
}

/** curl from a server: NDJSON with a secret key. */
export function serverEvents(collector: string): string {
  return `curl -i ${collector}/v1/events \\
  -H 'Authorization: Bearer ${PLACEHOLDER.secretKey}' \\
  -H 'X-App-Id: ${PLACEHOLDER.appId}' \\
  -H 'Content-Type: application/x-ndjson' \\
  --data-binary '${ndjson([SERVER_PURCHASE])}'`
}

/** curl for touchpoints that a network reports. */
export function serverTouchpoints(collector: string): string {
  return `curl -i ${collector}/v1/touchpoints \\
  -H 'Authorization: Bearer ${PLACEHOLDER.secretKey}' \\
  -H 'X-App-Id: ${PLACEHOLDER.appId}' \\
  -H 'Content-Type: application/x-ndjson' \\
  --data-binary '${ndjson(TOUCHPOINTS)}'`
}

/** curl for a report. */
export function reportQuery(web: string): string {
  return `curl ${web}/api/v1/reports/query \\
  -H 'Authorization: Bearer ${PLACEHOLDER.secretKey}' \\
  -H 'Content-Type: application/json' \\
  -d '${pretty(REPORT_REQUEST)}'`
}

/** curl for raw rows. */
export function exportQuery(web: string): string {
  const { from, to } = REPORT_REQUEST
  return `curl -o events.csv \\
  '${web}/api/v1/exports/events?app=${PLACEHOLDER.app}&from=${from}&to=${to}&format=csv' \\
  -H 'Authorization: Bearer ${PLACEHOLDER.secretKey}'`
}

/** curl for the decision about one device's install. */
export function decisionQuery(web: string): string {
  return `curl ${web}/api/v1/apps/${PLACEHOLDER.app}/installs/${PLACEHOLDER.deviceId}/decision \\
  -H 'Authorization: Bearer ${PLACEHOLDER.secretKey}'`
}
