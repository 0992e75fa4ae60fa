import type { ReactNode } from 'react'
import { cx } from './cx.ts'

const TONE = {
  neutral: 'bg-hover text-muted',
  accent: 'bg-accent-soft text-accent-ink',
  positive: 'bg-positive-soft text-positive',
  negative: 'bg-negative-soft text-negative',
  warning: 'bg-warning-soft text-warning',
} as const

/**
 * A short state beside a name; colour repeats what the word says, never replaces it.
 * @example <Badge tone="positive">Attributed</Badge>
 */
export function Badge({
  tone = 'neutral',
  className,
  children,
}: {
  tone?: keyof typeof TONE
  className?: string
  children: ReactNode
}) {
  return (
    <span
      className={cx(
        'inline-flex h-5 items-center gap-1 rounded px-1.5 text-xs font-medium whitespace-nowrap',
        TONE[tone],
        className,
      )}
    >
      {children}
    </span>
  )
}

/**
 * A notice inside a page: what is the matter and what to do next.
 * @example <Notice tone="warning" title="Some revenue is not counted">No rate for TRY on 2026-11-03. …</Notice>
 */
export function Notice({
  tone = 'neutral',
  title,
  actions,
  children,
}: {
  tone?: keyof typeof TONE
  title?: ReactNode
  actions?: ReactNode
  children?: ReactNode
}) {
  return (
    <div role="status" className={cx('flex flex-wrap items-center gap-x-4 gap-y-2 rounded-lg px-3 py-2', TONE[tone])}>
      <div className="min-w-0 flex-1 text-sm">
        {title && <strong className="font-semibold">{title} </strong>}
        {children}
      </div>
      {actions}
    </div>
  )
}
