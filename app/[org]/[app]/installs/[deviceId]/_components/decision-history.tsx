import { formatDateTime } from '#app/_lib/format.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Card } from '#app/_ui/card.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { changesSince } from '../../_components/changes.ts'
import type { Decision } from '../../_components/words.ts'

function titleOf({ winner, outcome }: Decision): string {
  if (winner) return `${winner.media_source} by ${winner.touchpoint_type}`
  return outcome === 'attributed' ? 'Attributed' : 'Organic'
}

/**
 * Every decision about the install, newest first, each with what it changed against the one before it.
 * @param shown version of the decision that the page shows
 */
export function DecisionHistory({
  decisions,
  shown,
  timeZone,
  onChoose,
}: {
  decisions: readonly Decision[]
  shown: number
  timeZone: string
  /** null: the current one. */
  onChoose: (version: number | null) => void
}) {
  return (
    <Card
      title="History"
      description={
        decisions.length === 1 ? (
          'Decided once so far.'
        ) : (
          <>
            Decisions are never changed; a later one makes the earlier{' '}
            <Definition term={GLOSSARY.superseded}>superseded</Definition>.
          </>
        )
      }
    >
      <ol className="flex flex-col gap-1">
        {decisions.map((one, index) => {
          const before = decisions[index + 1]
          return (
            <li key={one.version}>
              <button
                type="button"
                aria-current={one.version === shown ? 'true' : undefined}
                onClick={() => onChoose(index === 0 ? null : one.version)}
                className="w-full rounded-md px-2 py-1.5 text-left text-sm hover:bg-hover aria-[current]:bg-accent-soft"
              >
                <span className="block">
                  {titleOf(one)}
                  {index === 0 && ' (current)'}
                </span>
                <span className="block text-xs text-muted">
                  Decision {one.version}, {formatDateTime(one.decidedAt, timeZone)}
                </span>
              </button>
              {before && (
                <ul className="flex list-disc flex-col gap-0.5 pr-2 pb-1 pl-7 text-xs text-muted">
                  {changesSince(before, one).map((sentence) => (
                    <li key={sentence} className="break-words">
                      {sentence}
                    </li>
                  ))}
                </ul>
              )}
            </li>
          )
        })}
      </ol>
    </Card>
  )
}
