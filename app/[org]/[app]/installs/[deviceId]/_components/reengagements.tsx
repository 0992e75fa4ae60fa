import { durationWords } from '#app/_lib/attribution/durations.ts'
import { formatDateTime } from '#app/_lib/format.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { fateWords, refusalSummary } from '../../_components/fate.ts'
import { bondWords, type Reengagement, ruleWords, sourceWords } from '../../_components/words.ts'

/** Each return of the device that a click brought about, with why; nothing where it never paused, or came by itself. */
export function Reengagements({ returns, timeZone }: { returns: readonly Reengagement[]; timeZone: string }) {
  if (returns.length === 0) return null
  return (
    <Card
      title="Came back"
      description={
        <>
          Each <Definition term={GLOSSARY.reengagement}>re-engagement</Definition> of this device since, newest first.
        </>
      }
    >
      <ol className="flex flex-col gap-3 text-sm">
        {returns.map((one) => (
          <li key={one.conversion_id} className="border-t border-line pt-3 first:border-0 first:pt-0">
            <p className="flex flex-wrap items-center gap-x-2 gap-y-1">
              <time dateTime={one.conversion_time} className="font-medium">
                {formatDateTime(one.conversion_time, timeZone)}
              </time>
              {one.is_retargeting && <Badge tone="accent">Retargeting</Badge>}
              {one.supersedes && <Badge>Decided again</Badge>}
            </p>
            <p className="max-w-prose break-words">
              {one.winner
                ? `By a click from ${sourceWords(one.winner)}, ${durationWords(one.winner.time_to_install_ms)} before: ${bondWords(one.winner)}.`
                : 'Which click brought it back was not kept.'}
              {one.last_active_at &&
                ` It had been silent for ${durationWords(Date.parse(one.conversion_time) - Date.parse(one.last_active_at))}.`}
            </p>
            {one.rule_hits.map((hit) => (
              <p key={`${hit.rule} ${hit.touchpoint_id} ${hit.value}`} className="max-w-prose break-words text-muted">
                {ruleWords(hit)}
              </p>
            ))}
            {one.candidates.length > 1 && (
              <details className="mt-1">
                <summary className="cursor-pointer text-muted">
                  {one.candidates.length - 1} more considered. {refusalSummary(one.candidates)}
                </summary>
                <ul className="mt-1 flex list-disc flex-col gap-0.5 pl-5 text-muted">
                  {one.candidates.slice(1).map((other) => (
                    <li key={other.touchpoint_id} className="break-words">
                      {sourceWords(other)}, {formatDateTime(other.touchpoint_time, timeZone)}.{' '}
                      {fateWords(other, one.winner, 'return')}
                    </li>
                  ))}
                </ul>
              </details>
            )}
            <p className="text-xs text-faint">
              Settings version {one.settings_version}, engine {one.engine_version}, decision {one.version}
            </p>
          </li>
        ))}
      </ol>
    </Card>
  )
}
