import type { Snippet } from '#app/_ui/copy.tsx'

/** What the snippets are made of. */
export interface SnippetInput {
  collectorUrl: string
  platform: 'ios' | 'android' | 'web'
  /** null: the way for servers, which names the app, is left out. */
  appId: string | null
  /** null: every key was revoked. */
  ingestKey: string | null
  /** null until one is made on the page. */
  secretKey: string | null
  sample: { deviceId: string; installId: string; purchaseId: string }
}

/** Ids of a test device that no other has used, for snippets made in the browser. */
export function randomSample(): SnippetInput['sample'] {
  const id = () =>
    Array.from(crypto.getRandomValues(new Uint8Array(8)), (byte) => byte.toString(16).padStart(2, '0')).join('')
  return { deviceId: `test-${id()}`, installId: id(), purchaseId: id() }
}

/** The events that every snippet sends: an install and a purchase. They carry ids, so sending them twice counts once. */
export function sampleEvents({ platform, sample }: SnippetInput) {
  const common = { platform, device_id: sample.deviceId }
  return [
    { event_id: sample.installId, event_name: 'install', ...common },
    { event_id: sample.purchaseId, event_name: 'purchase', ...common, revenue: 4.99, currency: 'USD' },
  ]
}

/** Copy-paste ways to send the first events: curl, JavaScript, server-to-server. */
export function snippets(input: SnippetInput): Snippet[] {
  const { collectorUrl, appId } = input
  const url = `${collectorUrl}/v1/events`
  const key = input.ingestKey ?? 'YOUR_INGEST_KEY'
  const secret = input.secretKey ?? 'YOUR_SECRET_KEY'
  const lines = sampleEvents(input).map((event) => JSON.stringify(event))
  const server = sampleEvents(input).map((event) => JSON.stringify({ ...event, ip: '198.51.100.7' }))
  const array = (rows: string[]) => `[\n  ${rows.join(',\n  ')}\n]`
  const ways = [
    {
      title: 'curl',
      code: `curl '${url}' \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${array(lines)}'`,
    },
    {
      title: 'JavaScript',
      code: `await fetch('${url}', {
  method: 'POST',
  headers: {
    Authorization: 'Bearer ${key}',
    'Content-Type': 'application/json',
  },
  body: JSON.stringify(${array(lines)}),
})`,
    },
  ]
  if (appId === null) return ways
  return [
    ...ways,
    {
      title: 'Server-to-server',
      code: `curl '${url}' \\
  -H 'Authorization: Bearer ${secret}' \\
  -H 'X-App-Id: ${appId}' \\
  -H 'Content-Type: application/json' \\
  -d '${array(server)}'`,
    },
  ]
}
