import { Badge } from '#app/_ui/badge.tsx'
import { cx } from '#app/_ui/cx.ts'
import type { ContestStep } from '../../_components/contest.ts'
import { type Candidate, sourceWords } from '../../_components/words.ts'

const STATE = { equal: 'Equal', decides: 'Decides', not_asked: 'Not asked' } as const

/** Step by step how the winner beat the touchpoint behind it; the first difference decides. */
export function ContestTable({
  steps,
  winner,
  other,
}: {
  steps: readonly ContestStep[]
  winner: Candidate
  other: Candidate
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <div className="overflow-x-auto" tabIndex={0}>
      <table className="w-full min-w-[34rem] border-collapse text-sm">
        <caption className="sr-only">The winner against the touchpoint behind it, step by step</caption>
        <thead>
          <tr className="text-left text-xs text-muted">
            <th scope="col" className="py-1.5 pr-3 font-medium">
              Step
            </th>
            <th scope="col" className="py-1.5 pr-3 font-medium">
              Result
            </th>
            <th scope="col" className="py-1.5 pr-3 font-medium">
              Winner: {sourceWords(winner)}
            </th>
            <th scope="col" className="py-1.5 pr-3 font-medium">
              Behind it: {sourceWords(other)}
            </th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step, index) => (
            <tr
              key={step.name}
              className={cx('border-t border-line align-top', step.state === 'not_asked' && 'text-faint')}
            >
              <th scope="row" className="py-1.5 pr-3 text-left font-normal whitespace-nowrap">
                {index + 1}. {step.title}
              </th>
              <td className="max-w-44 py-1.5 pr-3">
                <Badge tone={step.state === 'decides' ? 'positive' : 'neutral'}>{STATE[step.state]}</Badge>
                {step.state === 'decides' && <span className="block pt-0.5 text-muted">{step.result}.</span>}
              </td>
              <td className={cx('max-w-56 py-1.5 pr-3 break-words', step.state === 'decides' && 'font-medium')}>
                {step.winner}
              </td>
              <td className="max-w-56 py-1.5 pr-3 break-words">{step.other}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
