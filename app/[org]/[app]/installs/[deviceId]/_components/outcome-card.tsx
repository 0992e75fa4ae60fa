import { formatPercent } from '#app/_lib/format.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { outcomeSentence } from '../../_components/outcome.ts'
import { conversionWord, type Decision, matchTypeWord, ruleWords } from '../../_components/words.ts'

/** Where the install went, in words, and what the engine noticed on the way. */
export function OutcomeCard({ decision, settled }: { decision: Decision; settled: boolean }) {
  const { winner, settings } = decision
  const needed = settings?.probability_needed
  return (
    <Card>
      <div className="flex flex-wrap items-center gap-1.5">
        <Badge tone={decision.outcome === 'attributed' ? 'positive' : 'neutral'}>
          {decision.outcome === 'attributed' ? 'Attributed' : 'Organic'}
        </Badge>
        {decision.conversionType !== 'install' && (
          <Badge tone="accent">{conversionWord(decision.conversionType)}</Badge>
        )}
        {decision.isRetargeting && <Badge tone="accent">Retargeting</Badge>}
        {winner?.web_to_app && <Badge>Web to app</Badge>}
        {decision.install.environment === 'sandbox' && <Badge tone="warning">Sandbox</Badge>}
        {decision.matchType && <Badge>{matchTypeWord(decision.matchType)}</Badge>}
        <Badge tone={settled ? 'neutral' : 'warning'}>{settled ? 'Settled' : 'Not settled yet'}</Badge>
      </div>
      <p className="mt-2 max-w-prose text-base">{outcomeSentence(decision)}</p>
      {winner?.match_type === 'probabilistic' && (
        <p className="mt-2 max-w-prose text-sm text-muted">
          A <Definition term={GLOSSARY.probabilistic}>probabilistic match</Definition>:{' '}
          {formatPercent(decision.probability)} likely
          {needed === undefined ? '' : `; ${formatPercent(needed)} are needed to count`}.
        </p>
      )}
      {decision.ruleHits.length > 0 && (
        <>
          <h3 className="mt-3 text-sm font-semibold">What the engine noticed</h3>
          <ul className="mt-1 flex max-w-prose list-disc flex-col gap-1 pl-5 text-sm text-muted">
            {decision.ruleHits.map((hit) => (
              <li key={`${hit.rule} ${hit.touchpoint_id} ${hit.value}`} className="break-words">
                {ruleWords(hit)}
              </li>
            ))}
          </ul>
        </>
      )}
    </Card>
  )
}
