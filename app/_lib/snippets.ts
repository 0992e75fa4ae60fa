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

/** The SDK in a web page, served by the collector: the visit is the install, and the purchase is tracked. */
export function scriptTag(collectorUrl: string, key: string): string {
  return `<script src="${collectorUrl}/sdk/v1.js"></script>
<script>
  // Reports install and sessions by itself, with the address’s click id.
  unmogrowp.init({ key: '${key}' })
  unmogrowp.track('purchase', { revenue: 4.99, currency: 'USD' })
</script>`
}

/** The SDK in a React Native app, with React Native's own modules as its adapters. */
export function reactNative(collectorUrl: string, key: string): string {
  return `// The package is made in a clone of UnMoGrowP: npm run build:sdk && npm pack ./sdk
import AsyncStorage from '@react-native-async-storage/async-storage'
import { init } from '@unmogrowp/sdk/react-native'
import { AppState, Linking, Platform } from 'react-native'

export const sdk = init({
  key: '${key}',
  endpoint: '${collectorUrl}',
  adapters: {
    platform: Platform.OS === 'ios' ? 'ios' : 'android',
    storage: AsyncStorage,
    appState: AppState,
    linking: Linking,
    // From your native module, where you have one: installReferrer, ids, device
  },
})
sdk.track('purchase', { revenue: 4.99, currency: 'USD' })`
}

/** The SDK's snippet for an app's platform. */
export function sdkSnippet(platform: SnippetInput['platform'], collectorUrl: string, key: string): Snippet {
  return platform === 'web'
    ? { title: 'Web page', code: scriptTag(collectorUrl, key) }
    : { title: 'React Native', code: reactNative(collectorUrl, key) }
}

/** Copy-paste ways to send the first events: curl, the SDK, JavaScript, server-to-server. */
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
    sdkSnippet(input.platform, collectorUrl, key),
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
