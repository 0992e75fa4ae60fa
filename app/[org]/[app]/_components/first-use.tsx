'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useApp, useAppScope, useCan, useConsole } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'

/** Shown until the app's first event arrives: the one command that makes it arrive. */
export function FirstUse() {
  const { collectorUrl, org } = useConsole()
  const app = useApp()
  const scope = useAppScope()
  const trpc = useTRPC()
  const mayReadKeys = useCan('keys:read')
  const keys = useQuery(trpc.apps.ingestKeys.queryOptions(scope, { enabled: mayReadKeys }))
  const key = keys.data?.find((candidate) => !candidate.revokedAt)?.key ?? '<ingest key>'
  const event = JSON.stringify({ event_name: 'install', device_id: 'my-first-device', platform: app.platform })
  return (
    <Card
      title="Send your first event"
      description="Nothing has arrived yet. Run this in a terminal; the page turns into the overview when the event is here."
    >
      <CodeBlock
        label="First event"
        snippets={[
          {
            title: 'curl',
            code: `curl ${collectorUrl}/v1/events \\\n  -H 'Authorization: Bearer ${key}' \\\n  -H 'Content-Type: application/json' \\\n  -d '${event}'`,
          },
          {
            title: 'JavaScript',
            code: `await fetch('${collectorUrl}/v1/events', {\n  method: 'POST',\n  headers: { authorization: 'Bearer ${key}', 'content-type': 'application/json' },\n  body: JSON.stringify(${event}),\n})`,
          },
        ]}
      />
      <p role="status" className="mt-3 flex items-center gap-2 text-sm text-muted">
        <span aria-hidden className="size-2 animate-pulse rounded-full bg-accent" />
        Waiting for your first event
      </p>
      <div className="mt-4 flex flex-wrap gap-2">
        <Button asChild>
          <Link href={`/${org.slug}/${app.slug}/links`}>Create a tracking link</Link>
        </Button>
        <Button variant="ghost" asChild>
          <Link href="/docs">Read the quickstart</Link>
        </Button>
      </div>
    </Card>
  )
}
