'use client'
import { useQuery } from '@tanstack/react-query'
import { FlaskConical } from 'lucide-react'
import Link from 'next/link'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { ErrorState, TableSkeleton } from '#app/_ui/states.tsx'
import { RulesForm } from './rules-form.tsx'
import { SettingsHistory } from './settings-history.tsx'

/** The rules that decide which touchpoint earns an install, and every version of them with what it changed. */
export function AttributionSettings() {
  const trpc = useTRPC()
  const scope = useAppScope()
  const mayWrite = useCan('settings:write')
  const settings = useQuery(trpc.attribution.settings.queryOptions(scope))
  return (
    <Card
      title="Attribution"
      description="Which clicks and views may earn an install, and which of them does. A change is a new version; decisions name the version they followed."
      actions={
        <Button size="sm" asChild>
          <Link href={`/${scope.org}/${scope.app}/what-if`}>
            <FlaskConical aria-hidden />
            Try it as a what-if first
          </Link>
        </Button>
      }
    >
      {settings.isPending ? (
        <TableSkeleton rows={4} />
      ) : settings.isError ? (
        <ErrorState error={settings.error} retry={() => void settings.refetch()} className="py-4" />
      ) : (
        <div className="flex flex-col gap-6">
          {!mayWrite && <Notice>Your role cannot change this. An owner or admin can.</Notice>}
          <RulesForm
            key={settings.data.current.version}
            current={settings.data.current}
            mayWrite={mayWrite}
            now={settings.dataUpdatedAt}
          />
          <SettingsHistory versions={settings.data.versions} now={settings.dataUpdatedAt} />
        </div>
      )}
    </Card>
  )
}
