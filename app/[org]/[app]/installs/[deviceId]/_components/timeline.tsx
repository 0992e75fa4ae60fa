'use client'
import { Download, Eye, Gavel, Lock, MousePointerClick, Send, Smartphone, Undo2 } from 'lucide-react'
import { type ReactNode, useState } from 'react'
import { formatDateTime } from '#app/_lib/format.ts'
import { Button } from '#app/_ui/button.tsx'
import { cx } from '#app/_ui/cx.ts'
import type { Decision, Reengagement } from '../../_components/words.ts'
import { type Moment, momentsOf } from './moments.ts'

const ICON: Readonly<Record<Moment['kind'], ReactNode>> = {
  click: <MousePointerClick />,
  view: <Eye />,
  store: <MousePointerClick />,
  download: <Download />,
  install: <Smartphone />,
  arrival: <Send />,
  decision: <Gavel />,
  settled: <Lock />,
  return: <Undo2 />,
}

const TONE: Readonly<Record<Moment['tone'], string>> = {
  won: 'bg-positive-soft text-positive',
  assisted: 'bg-warning-soft text-warning',
  fact: 'bg-accent-soft text-accent-ink',
  lost: 'bg-hover text-faint',
}

/**
 * Touchpoints, the install and what followed on one line of time, oldest first. Winner and assists are marked by word and
 * colour. Of many touchpoints the most telling are shown until the others are asked for.
 * @param timeZone the app's IANA zone
 */
export function Timeline({
  decision,
  reengagements,
  timeZone,
  now,
}: {
  decision: Decision
  reengagements: readonly Reengagement[]
  timeZone: string
  /** Unix milliseconds at which the decision was read. */
  now: number
}) {
  const [all, setAll] = useState(false)
  const { moments, hidden } = momentsOf(decision, reengagements, all, now)
  return (
    <>
      <ol className="flex flex-col">
        {moments.map((one) => (
          <li
            key={one.key}
            className="relative flex gap-3 pb-4 last:pb-0 [&:not(:last-child)]:before:absolute [&:not(:last-child)]:before:top-7 [&:not(:last-child)]:before:bottom-0 [&:not(:last-child)]:before:left-3.5 [&:not(:last-child)]:before:w-px [&:not(:last-child)]:before:bg-line"
          >
            <span
              aria-hidden
              className={cx(
                'z-10 flex size-7 shrink-0 items-center justify-center rounded-full [&_svg]:size-4',
                TONE[one.tone],
              )}
            >
              {ICON[one.kind]}
            </span>
            <span className="min-w-0 flex-1">
              <span className="flex flex-wrap items-baseline justify-between gap-x-4">
                <span className="font-medium">{one.title}</span>
                <time dateTime={one.at} className="text-xs text-muted">
                  {formatDateTime(one.at, timeZone)}
                </time>
              </span>
              {one.detail && <span className="block text-sm break-words text-muted">{one.detail}</span>}
            </span>
          </li>
        ))}
      </ol>
      {hidden > 0 && (
        <Button size="sm" className="mt-3" onClick={() => setAll(true)}>
          Show {hidden} more touchpoints
        </Button>
      )}
    </>
  )
}
