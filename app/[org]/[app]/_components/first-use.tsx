'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useState } from 'react'
import { useApp, useAppScope, useCan, useConsole } from '#app/_lib/console.tsx'
import { currentKey } from '#app/_lib/key-state.ts'
import { randomSample, snippets } from '#app/_lib/snippets.ts'
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
  const ingestKey = currentKey(keys.data ?? [], Date.now())?.key ?? null
  const [sample] = useState(randomSample)
  return (
    <Card
      title="Send your first event"
      description="Nothing has arrived yet. Run this in a terminal; the page turns into the overview when the event is here."
    >
      <CodeBlock
        label="First event"
        snippets={snippets({
          collectorUrl,
          platform: app.platform,
          appId: null,
          ingestKey,
          secretKey: null,
          sample,
        })}
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
