'use client'
import { useQuery } from '@tanstack/react-query'
import { useAppScope, useCan, useConsole } from '#app/_lib/console.tsx'
import { endpointSnippets } from '#app/_lib/endpoint-snippets.ts'
import { currentKey } from '#app/_lib/key-state.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock, CopyField } from '#app/_ui/copy.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { AdjustForm } from './adjust-form.tsx'

/** Addresses that answer as Segment, AppsFlyer and Adjust do, and what Adjust's tokens mean here. */
export function CompatibleEndpoints({ app }: { app: Outputs['apps']['get'] }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { collectorUrl } = useConsole()
  const mayReadKeys = useCan('keys:read')
  const keys = useQuery(trpc.apps.ingestKeys.queryOptions(scope, { enabled: mayReadKeys }))
  const adjust = useQuery(trpc.doors.adjust.queryOptions(scope))
  const ingestKey = currentKey(keys.data ?? [], Date.now())?.key ?? null
  const storeName = app.platform === 'ios' && app.storeId ? `id${app.storeId}` : app.bundleId
  const addresses = [
    ['Segment: host and cdnURL', collectorUrl],
    ['AppsFlyer: in-app events', `${collectorUrl}/inappevent/${storeName}`],
    ['Adjust: also /session, /ad_revenue', `${collectorUrl}/event`],
  ] as const
  return (
    <div id="compatible-endpoints" className="scroll-mt-16">
      <Card
        title="Compatible endpoints"
        description="Segment’s libraries, and servers that call AppsFlyer or Adjust, send here when their address is changed. What cannot be taken is answered with the reason and kept as a rejected event."
      >
        <div className="flex flex-col gap-4">
          {mayReadKeys && keys.isSuccess && ingestKey === null && (
            <Notice tone="warning" title="No ingest key is in use.">
              Create one above; the snippets fill it in.
            </Notice>
          )}
          <dl className="flex flex-col gap-2">
            {addresses.map(([name, address]) => (
              <div key={name} className="grid items-center gap-x-3 gap-y-1 sm:grid-cols-[14rem_minmax(0,1fr)]">
                <dt className="text-sm font-medium">{name}</dt>
                <dd className="min-w-0">
                  <CopyField value={address} label={`Copy the address: ${name}`} />
                </dd>
              </div>
            ))}
          </dl>
          {(mayReadKeys && keys.isPending) || adjust.isPending ? (
            // Not with placeholders meanwhile: they would be copied.
            <TableSkeleton rows={4} />
          ) : (
            <CodeBlock
              label="Snippets of the compatible endpoints"
              snippets={endpointSnippets({
                collectorUrl,
                appId: app.appId,
                storeName,
                ingestKey,
                adjustToken: adjust.data?.appToken ?? null,
                adjustEvent: adjust.data?.events[0]?.token ?? null,
              })}
            />
          )}
          <section className="flex flex-col gap-3 border-t border-line pt-4">
            <div>
              <h3 className="text-sm font-semibold">Adjust tokens</h3>
              <p className="max-w-prose text-sm text-muted">
                Adjust names apps and events by tokens. Enter them as your Adjust dashboard shows them.
              </p>
            </div>
            {adjust.isPending ? (
              <TableSkeleton rows={2} />
            ) : adjust.isError ? (
              <ErrorState error={adjust.error} retry={() => void adjust.refetch()} className="py-4" />
            ) : (
              <AdjustForm key={adjust.data?.updatedAt.getTime() ?? 'none'} current={adjust.data} />
            )}
          </section>
        </div>
      </Card>
    </div>
  )
}
