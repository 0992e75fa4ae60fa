'use client'
import { useQuery } from '@tanstack/react-query'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { AttributionSettings } from './attribution-settings.tsx'
import { CompatibleEndpoints } from './compatible-endpoints.tsx'
import { GeneralForm } from './general-form.tsx'
import { IngestKeys } from './ingest-keys.tsx'
import { Networks } from './networks/networks.tsx'
import { SdkSnippet } from './sdk-snippet.tsx'

/** Name and zone, ingest keys, the snippet, and the windows that attribution follows. */
export function AppSettingsRoom() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const mayReadKeys = useCan('keys:read')
  const mayReadSettings = useCan('settings:read')
  const app = useQuery(trpc.apps.get.queryOptions(scope))
  return (
    <PageBody narrow>
      <PageHeader
        title="App settings"
        purpose="What this app is called, what it sends, and how its installs are attributed."
      />
      {app.isPending ? (
        <TableSkeleton />
      ) : app.isError ? (
        <ErrorState error={app.error} retry={() => void app.refetch()} />
      ) : (
        <div className="flex flex-col gap-4">
          <GeneralForm app={app.data} />
          {mayReadKeys && <IngestKeys />}
          <SdkSnippet appId={app.data.appId} platform={app.data.platform} />
          <CompatibleEndpoints app={app.data} />
          <AttributionSettings />
          {mayReadSettings && <Networks />}
        </div>
      )}
    </PageBody>
  )
}
