'use client'
import { ArrowDownRight, ArrowRight, ArrowUpRight } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatChange, relativeChange, UNKNOWN } from '#app/_lib/format.ts'
import { cx } from './cx.ts'
import { Definition, type DefinitionText } from './popover.tsx'
import { Skeleton } from './states.tsx'
import { Tooltip } from './tooltip.tsx'

/** Whether more is better; null where nobody can say, and then a change carries no colour. */
export type BetterWhen = 'higher' | 'lower' | null

/**
 * A change as direction and percentage, coloured only where better and worse are known.
 * @param now value of the shown period
 * @param before value of the previous period; null or 0 shows nothing to compare with
 */
export function Change({
  now,
  before,
  betterWhen = null,
  previousText,
}: {
  now: number | null | undefined
  before: number | null | undefined
  betterWhen?: BetterWhen
  /** The previous value, formatted, for the tooltip. */
  previousText?: string
}) {
  const change = relativeChange(now, before)
  if (change === null) return null
  const good = betterWhen && change !== 0 ? change > 0 === (betterWhen === 'higher') : null
  const Icon = change > 0 ? ArrowUpRight : change < 0 ? ArrowDownRight : ArrowRight
  const content = (
    <span
      className={cx(
        'inline-flex items-center gap-0.5 text-xs',
        good === null ? 'text-muted' : good ? 'text-positive' : 'text-negative',
      )}
    >
      <Icon className="size-3.5" aria-hidden />
      {formatChange(change)}
      <span className="sr-only"> against the previous period</span>
    </span>
  )
  return previousText ? <Tooltip content={`Previous period: ${previousText}`}>{content}</Tooltip> : content
}

/** A value, or `–` with the reason on hover and focus. */
export function Value({ text, reason }: { text: string; reason?: string | undefined }) {
  if (text !== UNKNOWN || !reason) return <>{text}</>
  return (
    <Tooltip content={reason}>
      <button type="button" className="cursor-help text-faint underline decoration-dotted underline-offset-4">
        {UNKNOWN}
        <span className="sr-only"> unknown: {reason}</span>
      </button>
    </Tooltip>
  )
}

/**
 * One number with its name, and the change against the previous period.
 * @example <Stat term={catalogue.metrics.installs} value="1,204" now={1204} before={1100} betterWhen="higher" />
 */
export function Stat({
  term,
  value,
  reason,
  now,
  before,
  betterWhen,
  previousText,
  loading,
  footer,
}: {
  term: DefinitionText
  /** Formatted; `–` when unknown. */
  value: string
  /** Why it is unknown. */
  reason?: string | undefined
  now?: number | null
  before?: number | null
  betterWhen?: BetterWhen
  previousText?: string
  loading?: boolean
  footer?: ReactNode
}) {
  return (
    <div className="flex min-w-0 flex-col gap-1 bg-surface px-4 py-3">
      <div className="text-sm text-muted">
        <Definition term={term} />
      </div>
      {loading ? (
        <Skeleton className="h-7 w-24" />
      ) : (
        <div className="flex flex-wrap items-baseline gap-x-2">
          <span className="text-xl font-semibold tracking-tight">
            <Value text={value} reason={reason} />
          </span>
          <Change now={now} before={before} betterWhen={betterWhen} {...(previousText ? { previousText } : {})} />
        </div>
      )}
      {footer && <div className="text-xs text-faint">{footer}</div>}
    </div>
  )
}

/** Stats side by side, two in a row on a phone. */
export function StatRow({ children }: { children: ReactNode }) {
  return (
    <section
      aria-label="Key figures"
      className="grid grid-cols-2 gap-px overflow-hidden rounded-lg border border-line bg-line sm:grid-cols-3 xl:grid-cols-[repeat(auto-fit,minmax(150px,1fr))]"
    >
      {children}
    </section>
  )
}
