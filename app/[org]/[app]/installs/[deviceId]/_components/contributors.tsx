import { durationWords } from '#app/_lib/attribution/durations.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Card } from '#app/_ui/card.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import { type Candidate, matchTypeWord, sourceWords } from '../../_components/words.ts'

/** Touchpoints of other media sources that led to the install, too; said also where there are none. */
export function Contributors({ contributors }: { contributors: readonly Candidate[] }) {
  return (
    <Card title="Assisted by" description={<Definition term={GLOSSARY.contributor}>What is an assist?</Definition>}>
      {contributors.length === 0 ? (
        <p className="text-sm text-muted">No touchpoint of another media source could have won.</p>
      ) : (
        <ol className="flex flex-col gap-2 text-sm">
          {contributors.map((one) => (
            <li key={one.touchpoint_id} className="break-words">
              <span className="font-medium">{sourceWords(one)}</span>
              <span className="block text-muted">
                {one.touchpoint_type === 'click' ? 'Click' : 'View'} {durationWords(one.time_to_install_ms)} before the
                install, {matchTypeWord(one.match_type).toLowerCase()}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  )
}
