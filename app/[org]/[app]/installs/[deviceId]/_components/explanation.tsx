'use client'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { zoneLabel } from '#app/_lib/format.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Card } from '#app/_ui/card.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { contestOf } from '../../_components/contest.ts'
import { refusalSummary } from '../../_components/fate.ts'
import type { Decision, Reengagement } from '../../_components/words.ts'
import { CandidatesTable } from './candidates-table.tsx'
import { ContestTable } from './contest-table.tsx'
import { Contributors } from './contributors.tsx'
import { DecisionFacts } from './decision-facts.tsx'
import { DecisionHistory } from './decision-history.tsx'
import { InstallFacts } from './install-facts.tsx'
import { OutcomeCard } from './outcome-card.tsx'
import { Reengagements } from './reengagements.tsx'
import { Timeline } from './timeline.tsx'

/**
 * One decision from its outcome down to its raw form.
 * @param all every decision about the install, the current one first
 * @param now Unix milliseconds at which the decisions were read
 */
export function Explanation({
  decision,
  all,
  reengagements,
  now,
  onChoose,
}: {
  decision: Decision
  all: readonly Decision[]
  reengagements: readonly Reengagement[]
  now: number
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
        <OutcomeCard decision={decision} settled={Date.parse(decision.settlesAt) <= now} />
        <Contest decision={decision} />
        <Card title="What happened" description={`Times in ${zoneLabel(timezone, decision.install.install_time)}.`}>
          <Timeline decision={decision} reengagements={isCurrent ? reengagements : []} timeZone={timezone} now={now} />
        </Card>
        <Card
          padded={false}
          title="Candidates"
          description={`Every touchpoint that was considered, best first. ${refusalSummary(decision.candidates)}`}
        >
          <CandidatesTable candidates={decision.candidates} winner={decision.winner} timeZone={timezone} />
        </Card>
        <Reengagements returns={reengagements} timeZone={timezone} />
        <details className="ui-card px-4 py-3">
          <summary className="cursor-pointer text-base font-semibold">Raw decision</summary>
          <CodeBlock
            className="mt-3"
            snippets={[{ title: 'decision JSON', code: JSON.stringify(decision, null, 2) }]}
          />
        </details>
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <DecisionFacts decision={decision} timeZone={timezone} settingsHref={`/${scope.org}/${scope.app}/settings`} />
        {decision.winner && <Contributors contributors={decision.contributors} />}
        <DecisionHistory decisions={all} shown={decision.version} timeZone={timezone} onChoose={onChoose} />
        <InstallFacts install={decision.install} timeZone={timezone} />
      </div>
    </div>
  )
}

/** By how much of what the winner won; nothing where nobody else could have. */
function Contest({ decision }: { decision: Decision }) {
  const steps = contestOf(decision)
  const { winner } = decision
  const other = decision.candidates.find((one) => one.eligible && one.touchpoint_id !== winner?.touchpoint_id)
  if (steps.length === 0 || !winner || !other) return null
  return (
    <Card
      title="Why this one"
      description={
        <>
          The <Definition term={GLOSSARY.order}>order of deciding</Definition> of settings version{' '}
          {decision.settingsVersion}, against the best of the others.
        </>
      }
    >
      <ContestTable steps={steps} winner={winner} other={other} />
    </Card>
  )
}
