import { Check } from 'lucide-react'
import { cx } from '#app/_ui/cx.ts'

const STEPS = ['Organization', 'App', 'First event']

/** Where somebody is on the way, and how far it is. */
export function Steps({ current }: { current: 1 | 2 | 3 }) {
  return (
    <ol aria-label="Steps" className="flex items-center gap-2 text-sm">
      {STEPS.map((name, index) => {
        const number = index + 1
        const done = number < current
        return (
          <li
            key={name}
            aria-current={number === current ? 'step' : undefined}
            className={cx('flex items-center gap-2', number === current ? 'font-medium text-ink' : 'text-muted')}
          >
            {index > 0 && <span aria-hidden className="h-px w-4 bg-line-strong sm:w-8" />}
            <span
              aria-hidden
              className={cx(
                'flex size-5 items-center justify-center rounded-full text-xs',
                number === current ? 'bg-accent text-on-accent' : done ? 'bg-accent-soft text-accent-ink' : 'bg-hover',
              )}
            >
              {done ? <Check className="size-3" /> : number}
            </span>
            {name}
            {done && <span className="sr-only">(done)</span>}
          </li>
        )
      })}
    </ol>
  )
}
