'use client'
import { useQuery } from '@tanstack/react-query'
import { useApp, useAppScope, useCan } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { settingsFieldWords, windowWords } from '../../installs/_components/words.ts'
import { WindowsForm } from './windows-form.tsx'

type Version = Outputs['attribution']['settings']['versions'][number]

/** The windows that decide which touchpoints count, and every version of them with what it changed. */
export function AttributionSettings() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const mayWrite = useCan('settings:write')
  const settings = useQuery(trpc.attribution.settings.queryOptions(scope))
  return (
    <Card
      title="Attribution windows"
      description="How long before an install a click or view may lie and still earn it. A change holds for installs decided from then on; earlier decisions keep their version."
    >
      {settings.isPending ? (
        <TableSkeleton rows={4} />
      ) : settings.isError ? (
        <ErrorState error={settings.error} retry={() => void settings.refetch()} className="py-4" />
      ) : (
        <div className="flex flex-col gap-6">
          {!mayWrite && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
          <WindowsForm key={settings.data.current.version} current={settings.data.current} mayWrite={mayWrite} />
          <History versions={settings.data.versions} current={settings.data.current.version} />
        </div>
      )}
    </Card>
  )
}

function History({ versions, current }: { versions: readonly Version[]; current: number }) {
  const { timezone } = useApp()
  return (
    <section aria-label="Versions">
      <h3 className="pb-2 text-sm font-semibold">Versions</h3>
      <ol className="flex flex-col">
        {versions.map((one) => (
          <li
            key={one.version}
            id={`settings-${one.version}`}
            className="scroll-mt-16 border-t border-line py-2 text-sm target:bg-accent-soft"
          >
            <p className="flex flex-wrap items-center gap-x-2">
              <span className="font-medium">Version {one.version}</span>
              {one.version === current && <Badge tone="positive">In force</Badge>}
              <span className="text-muted">
                {formatDateTime(one.createdAt, timezone)}
                {one.author ? ` by ${one.author}` : ''}
              </span>
            </p>
            {one.changes.length === 0 ? (
              <p className="text-muted">
                Clicks {windowWords(one.clickLookbackMs)}, views {windowWords(one.viewLookbackMs)}, reinstalls{' '}
                {windowWords(one.reinstallWindowMs)}.
              </p>
            ) : (
              <ul>
                {one.changes.map((change) => (
                  <li key={change.field} className="break-words text-muted">
                    {settingsFieldWords(change.field)}: {change.from === null ? 'the app’s' : windowWords(change.from)}{' '}
                    → <span className="text-ink">{change.to === null ? 'the app’s' : windowWords(change.to)}</span>
                  </li>
                ))}
              </ul>
            )}
          </li>
        ))}
      </ol>
    </section>
  )
}
