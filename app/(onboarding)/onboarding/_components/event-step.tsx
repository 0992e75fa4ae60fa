'use client'
import Link from 'next/link'
import { useState } from 'react'
import { type SnippetInput, snippets } from '#app/_lib/snippets.ts'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock, CopyField } from '#app/_ui/copy.tsx'
import { FirstEvent } from './first-event.tsx'
import { StepError, StepTitle } from './parts.tsx'

/** Third step: the key, a snippet, and the first event as it arrives. */
export function EventStep({
  org,
  app,
  ingestKey,
  collectorUrl,
  sample,
}: {
  org: string
  app: { slug: string; appId: string; name: string; platform: SnippetInput['platform']; timezone: string }
  ingestKey: string | null
  collectorUrl: string
  sample: SnippetInput['sample']
}) {
  // Kept: a refresh of the server's part must not change the ids under somebody who has copied them.
  const [kept] = useState(sample)
  const [secretKey, setSecretKey] = useState<string | null>(null)
  const input = { collectorUrl, platform: app.platform, appId: app.appId, ingestKey, secretKey, sample: kept }
  return (
    <>
      <StepTitle title="Send your first event">
        Paste this into a terminal. It tells {app.name} that a test device was installed and bought something.
      </StepTitle>
      <Card
        title="Ingest key"
        description="It can only write events of this app, so it may ship inside the app. Your app’s SDK or code sends it."
      >
        {ingestKey ? (
          <CopyField value={ingestKey} label="Copy ingest key" />
        ) : (
          <p className="text-sm text-muted">
            Every ingest key was revoked. Make a new one in the{' '}
            <Link className="ui-link" href={`/${org}/${app.slug}/settings`}>
              app’s settings
            </Link>
            .
          </p>
        )}
      </Card>
      <div className="flex flex-col gap-2">
        <CodeBlock snippets={snippets(input)} label="Ways to send events" />
        <p className="text-xs text-muted">
          To see the install attributed, add the click id that a tracking link passes on: "click_id": "…". Sending the
          same event_id again counts once.
        </p>
        <SecretKey org={org} made={secretKey} onMade={setSecretKey} />
      </div>
      <FirstEvent org={org} app={app.slug} timezone={app.timezone} />
    </>
  )
}

/** Makes the key that servers use and puts it into the snippet, the only time it can be read. */
function SecretKey({ org, made, onMade }: { org: string; made: string | null; onMade: (secretKey: string) => void }) {
  const trpc = useTRPCClient()
  const submission = useSubmit([], async () => {
    const key = await trpc.keys.create.mutate({ org, name: 'Server-to-server', scopes: ['events:write'] })
    onMade(key.secretKey)
  })
  if (made)
    return (
      <div className="flex flex-col gap-1 text-sm">
        <p>Your secret key. Copy it now: it is shown this once, here and in the server-to-server snippet.</p>
        <CopyField value={made} label="Copy secret key" />
      </div>
    )
  return (
    <form {...submission.form} className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm text-muted">
      <StepError submission={submission} />
      <span>Servers use a secret key instead, which must stay secret.</span>
      <Button type="submit" size="sm" pending={submission.pending} disabled={submission.loading}>
        Create secret key
      </Button>
    </form>
  )
}
