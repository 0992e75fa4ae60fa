'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useAppScope, useCan, useConsole } from '#app/_lib/console.tsx'
import { currentKey } from '#app/_lib/key-state.ts'
import { sdkSnippet } from '#app/_lib/snippets.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'
import { TableSkeleton } from '#app/_ui/states.tsx'

/** What to paste so that the app, a page or a server sends its first events; filled with this app's key and id. */
export function SdkSnippet({ appId, platform }: { appId: string; platform: 'ios' | 'android' | 'web' }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { collectorUrl } = useConsole()
  const mayReadKeys = useCan('keys:read')
  const keys = useQuery(trpc.apps.ingestKeys.queryOptions(scope, { enabled: mayReadKeys }))
  const key = currentKey(keys.data ?? [], Date.now())?.key ?? 'YOUR_INGEST_KEY'
  const install = {
    event_id: 'my-first-device-install',
    event_name: 'install',
    platform,
    device_id: 'my-first-device',
    click_id: 'CLICK_ID_FROM_THE_LINK',
  }
  const purchase = {
    event_id: 'my-first-device-purchase',
    event_name: 'purchase',
    platform,
    device_id: 'my-first-device',
    revenue: 4.99,
    currency: 'USD',
  }
  const curl = (event: object) => `curl -i ${collectorUrl}/v1/events \\
  -H 'Authorization: Bearer ${key}' \\
  -H 'Content-Type: application/json' \\
  -d '${JSON.stringify(event)}'`
  const javaScript = `await fetch('${collectorUrl}/v1/events', {
  method: 'POST',
  keepalive: true,
  headers: { Authorization: 'Bearer ${key}', 'Content-Type': 'application/json' },
  body: JSON.stringify([
    {
      event_id: crypto.randomUUID(), // sent again with the same id, it counts once
      event_time: new Date().toISOString(),
      event_name: 'purchase',
      platform: '${platform}',
      device_id: 'my-first-device',
      revenue: 4.99,
      currency: 'USD',
    },
  ]),
})`
  const server = `curl -i ${collectorUrl}/v1/events \\
  -H 'Authorization: Bearer YOUR_SECRET_KEY' \\
  -H 'X-App-Id: ${appId}' \\
  -H 'Content-Type: application/x-ndjson' \\
  --data-binary '${JSON.stringify({ ...purchase, event_id: 'order-1001', ip: '203.0.113.7' })}'`
  return (
    <div id="snippet" className="scroll-mt-16">
      <Card
        title="Send events"
        description={
          <>
            Paste it into a terminal, your app or your server. The{' '}
            <Link className="ui-link" href="/docs">
              quickstart
            </Link>{' '}
            explains every field.
          </>
        }
      >
        {mayReadKeys && keys.isPending ? (
          // Not with a placeholder meanwhile: it would be copied.
          <TableSkeleton rows={4} />
        ) : (
          <CodeBlock
            label="Snippets"
            snippets={[
              { title: 'curl', code: `${curl(install)}\n\n${curl(purchase)}` },
              sdkSnippet(platform, collectorUrl, key),
              { title: 'JavaScript', code: javaScript },
              { title: 'Server to server', code: server },
            ]}
          />
        )}
      </Card>
    </div>
  )
}
