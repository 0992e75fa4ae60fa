'use client'
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ArrowLeft } from 'lucide-react'
import Link from 'next/link'
import { parseAsInteger, useQueryState } from 'nuqs'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime, zoneLabel } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Badge, Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock, CopyButton } from '#app/_ui/copy.tsx'
import { PageBody, PageHeader } from '#app/_ui/page.tsx'
import { describeError, EmptyState, ErrorState, Skeleton } from '#app/_ui/states.tsx'
import { type Decision, matchTypeWord, outcomeSentence, ruleWords } from '../../_components/words.ts'
import { CandidatesTable } from './candidates-table.tsx'
import { InstallFacts } from './install-facts.tsx'
import { Timeline } from './timeline.tsx'

/** One install's decision explained: the outcome in words, the timeline, every candidate, what came before. */
export function DecisionRoom({ deviceId }: { deviceId: string }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [version, setVersion] = useQueryState('decision', parseAsInteger.withOptions({ history: 'push' }))
  const decision = useQuery(
    trpc.attribution.decision.queryOptions(
      { ...scope, deviceId, history: true },
      { placeholderData: keepPreviousData, refetchInterval: 10_000 },
    ),
  )
  const current = decision.data
  const all: Omit<Decision, 'history'>[] = current ? [current, ...(current.history ?? [])] : []
  const shown = all.find((one) => one.version === version) ?? all[0]

  return (
    <PageBody>
      <PageHeader
        breadcrumb={
          <Link
            href={`/${scope.org}/${scope.app}/installs`}
            className="mb-1 inline-flex items-center gap-1 text-sm text-muted hover:text-ink"
          >
            <ArrowLeft className="size-4" aria-hidden /> Installs
          </Link>
        }
        title="Why did this install go there?"
        purpose={
          <span className="flex flex-wrap items-center gap-1">
            Device <code className="font-mono break-all">{deviceId}</code>
            <CopyButton text={deviceId} label="Copy device id" />
          </span>
        }
      />
      {decision.isPending ? (
        <div role="status" aria-label="Loading" className="flex flex-col gap-4">
          <Skeleton className="h-24 w-full" />
          <Skeleton className="h-40 w-full" />
          <Skeleton className="h-56 w-full" />
        </div>
      ) : shown ? (
        <Explanation decision={shown} all={all} onChoose={(next) => void setVersion(next)} />
      ) : describeError(decision.error).code === 'NOT_FOUND' ? (
        <EmptyState
          title="No decision about this device yet"
          action={<Button onClick={() => void decision.refetch()}>Look again</Button>}
        >
          An install is decided seconds after its event arrived. If it does not appear, look whether the event was
          rejected and whether the device id is written exactly so.
        </EmptyState>
      ) : (
        <ErrorState error={decision.error} retry={() => void decision.refetch()} />
      )}
    </PageBody>
  )
}

function Explanation({
  decision,
  all,
  onChoose,
}: {
  decision: Omit<Decision, 'history'>
  all: Omit<Decision, 'history'>[]
  onChoose: (version: number | null) => void
}) {
  const { timezone } = useApp()
  const scope = useAppScope()
  const isCurrent = decision.version === all[0]?.version
  return (
    <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_320px]">
      <div className="flex min-w-0 flex-col gap-4">
        {!isCurrent && (
          <Notice
            tone="warning"
            title="This decision was superseded."
            actions={
              <Button size="sm" onClick={() => onChoose(null)}>
                Show the current one
              </Button>
            }
          >
            It held until something that arrived later changed it.
          </Notice>
        )}
        <Card>
          <div className="flex flex-wrap items-center gap-1.5">
            <Badge tone={decision.outcome === 'attributed' ? 'positive' : 'neutral'}>
              {decision.outcome === 'attributed' ? 'Attributed' : 'Organic'}
            </Badge>
            {decision.conversionType === 'reinstall' && <Badge tone="accent">Reinstall</Badge>}
            {decision.install.environment === 'sandbox' && <Badge tone="warning">Sandbox</Badge>}
            {decision.matchType && <Badge>{matchTypeWord(decision.matchType)}</Badge>}
          </div>
          <p className="mt-2 max-w-prose text-base">{outcomeSentence(decision)}</p>
          {decision.ruleHits.length > 0 && (
            <ul className="mt-3 flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm text-muted">
              {decision.ruleHits.map((hit) => (
                <li key={`${hit.rule} ${hit.touchpoint_id} ${hit.value}`} className="break-words">
                  {ruleWords(hit)}
                </li>
              ))}
            </ul>
          )}
        </Card>
        <Card title="What happened" description={`Times in ${zoneLabel(timezone, decision.install.install_time)}.`}>
          <Timeline decision={decision} timeZone={timezone} />
        </Card>
        <Card
          padded={false}
          title="Candidates"
          description="Every touchpoint that shares an identifier with the install, best first."
        >
          <CandidatesTable candidates={decision.candidates} timeZone={timezone} />
        </Card>
        <details className="ui-card px-4 py-3">
          <summary className="cursor-pointer text-base font-semibold">Raw decision</summary>
          <CodeBlock
            className="mt-3"
            snippets={[{ title: 'decision JSON', code: JSON.stringify(decision, null, 2) }]}
          />
        </details>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Card title="Decision">
          <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
            <dt className="text-muted">Decided</dt>
            <dd>{formatDateTime(decision.decidedAt, timezone)}</dd>
            <dt className="text-muted">Settings</dt>
            <dd>
              <Link
                className="ui-link"
                href={`/${scope.org}/${scope.app}/settings#settings-${decision.settingsVersion}`}
              >
                Version {decision.settingsVersion}
              </Link>
            </dd>
            <dt className="text-muted">Engine</dt>
            <dd>{decision.engineVersion}</dd>
            <dt className="text-muted">Id</dt>
            <dd className="font-mono text-xs break-all">{decision.decisionId}</dd>
          </dl>
        </Card>
        <Card title="History" description="Decisions are never changed; a later one supersedes.">
          <ol className="flex flex-col gap-1">
            {all.map((one) => (
              <li key={one.version}>
                <button
                  type="button"
                  aria-current={one.version === decision.version ? 'true' : undefined}
                  onClick={() => onChoose(one.version === all[0]?.version ? null : one.version)}
                  className="w-full rounded-md px-2 py-1.5 text-left text-sm hover:bg-hover aria-[current]:bg-accent-soft"
                >
                  <span className="block">
                    {one.winner
                      ? `${one.winner.media_source} by ${one.winner.touchpoint_type}`
                      : one.outcome === 'attributed'
                        ? 'Attributed'
                        : 'Organic'}
                    {one.version === all[0]?.version && ' (current)'}
                  </span>
                  <span className="block text-xs text-muted">
                    Decision {one.version}, {formatDateTime(one.decidedAt, timezone)}
                  </span>
                </button>
              </li>
            ))}
          </ol>
        </Card>
        <InstallFacts install={decision.install} timeZone={timezone} />
      </div>
    </div>
  )
}
