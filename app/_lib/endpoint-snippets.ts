import type { Snippet } from '#app/_ui/copy.tsx'

/** What the snippets of the compatible endpoints are made of. */
export interface EndpointInput {
  collectorUrl: string
  appId: string
  /** How AppsFlyer calls the app: its package name, or `id` and its App Store id. */
  storeName: string
  /** null: no key is in use, or the person may not see it. */
  ingestKey: string | null
  /** The app's token at Adjust; null until it was entered. */
  adjustToken: string | null
  /** An event token that has a name; null while none has. */
  adjustEvent: string | null
}

/** What changes where Segment's libraries and calls to AppsFlyer or Adjust are in place already. */
export function endpointSnippets(input: EndpointInput): Snippet[] {
  const { collectorUrl, appId, storeName } = input
  const key = input.ingestKey ?? 'YOUR_INGEST_KEY'
  return [
    {
      title: 'Segment, browser',
      code: `import { AnalyticsBrowser } from '@segment/analytics-next'

export const analytics = AnalyticsBrowser.load({
  writeKey: '${key}',
  cdnURL: '${collectorUrl}',
})

analytics.page()
analytics.track('Order Completed', { revenue: 19.99, currency: 'EUR' })`,
    },
    {
      title: 'Segment, Node',
      code: `import { Analytics } from '@segment/analytics-node'

const analytics = new Analytics({
  // With YOUR_SECRET_KEY:${appId} as the write key, context.ip is believed.
  writeKey: '${key}',
  host: '${collectorUrl}',
})

analytics.track({
  userId: 'user-1',
  event: 'Order Completed',
  properties: { revenue: 19.99, currency: 'EUR' },
})`,
    },
    {
      title: 'AppsFlyer S2S',
      code: `curl -i '${collectorUrl}/inappevent/${storeName}' \\
  -H 'authentication: YOUR_SECRET_KEY' \\
  -H 'Content-Type: application/json' \\
  -d '{
  "appsflyer_id": "1415211453000-6513894",
  "eventName": "af_purchase",
  "eventValue": "{\\"af_revenue\\":\\"6.72\\",\\"af_currency\\":\\"USD\\"}",
  "eventTime": "2026-11-20 10:00:00.123",
  "ip": "203.0.113.7"
}'`,
    },
    {
      title: 'Adjust S2S',
      code: `curl -i '${collectorUrl}/event' \\
  -H 'Authorization: Bearer YOUR_SECRET_KEY' \\
  -d s2s=1 \\
  -d app_token=${input.adjustToken ?? 'YOUR_ADJUST_APP_TOKEN'} \\
  -d event_token=${input.adjustEvent ?? 'YOUR_EVENT_TOKEN'} \\
  -d gps_adid=660e1d86-6796-463a-be86-897993136018 \\
  -d created_at_unix=1795168800 \\
  -d revenue=4.99 -d currency=USD \\
  -d ip_address=203.0.113.7`,
    },
  ]
}
