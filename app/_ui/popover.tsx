'use client'
import { lazy, type ReactNode, Suspense, startTransition, useState } from 'react'
import { ClosedTrigger } from './closed-trigger.tsx'

const load = () => import('./popover-panel.tsx')
const Panel = lazy(() => load().then((module) => ({ default: module.PopoverPanel })))

export interface PopoverProps {
  /** Names the panel for screen readers. */
  label: string
  trigger: ReactNode
  align?: 'start' | 'center' | 'end'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  className?: string
  children: ReactNode
}

/**
 * A panel anchored to its trigger, closed by Escape or a press outside. Its code is loaded when the hand comes near.
 * @example <Popover label="Columns" trigger={<Button>Columns</Button>}>…</Popover>
 */
export function Popover(props: PopoverProps) {
  const [used, setUsed] = useState(false)
  const closed = (
    <ClosedTrigger
      kind="dialog"
      onNear={() => void load()}
      onOpen={() =>
        startTransition(() => {
          setUsed(true)
          props.onOpenChange?.(true)
        })
      }
    >
      {props.trigger}
    </ClosedTrigger>
  )
  if (!used && !props.open) return closed
  return (
    <Suspense fallback={closed}>
      <Panel {...props} />
    </Suspense>
  )
}

/** What the catalogue says about a term; reports.catalogue returns such entries. */
export interface DefinitionText {
  title: string
  description: string
  formula?: string | null
  unit?: string | null
}

/**
 * A term with a dotted underline that opens its definition.
 * @example <Definition term={{ title: 'CTIT', description: 'Time from click to install.' }} />
 */
export function Definition({ term, children }: { term: DefinitionText; children?: ReactNode }) {
  return (
    <Popover
      label={`Definition of ${term.title}`}
      className="w-72"
      trigger={
        <button
          type="button"
          className="inline text-left underline decoration-line-strong decoration-dotted underline-offset-4"
        >
          {children ?? term.title}
        </button>
      }
    >
      <p className="font-medium">{term.title}</p>
      <p className="mt-1 text-muted">{term.description}</p>
      {term.formula && <p className="mt-2 font-mono text-xs break-words text-muted">= {term.formula}</p>}
    </Popover>
  )
}
