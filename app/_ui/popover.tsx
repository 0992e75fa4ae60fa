'use client'
import * as Radix from 'radix-ui/popover'
import * as RadixTooltip from 'radix-ui/tooltip'
import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/**
 * A panel anchored to its trigger, closed by Escape or a press outside.
 * @example <Popover label="Columns" trigger={<Button>Columns</Button>}>…</Popover>
 */
export function Popover({
  label,
  trigger,
  align = 'start',
  open,
  onOpenChange,
  className,
  children,
}: {
  /** Names the panel for screen readers. */
  label: string
  trigger: ReactNode
  align?: 'start' | 'center' | 'end'
  open?: boolean
  onOpenChange?: (open: boolean) => void
  className?: string
  children: ReactNode
}) {
  return (
    <Radix.Root open={open} onOpenChange={onOpenChange}>
      <Radix.Trigger asChild>{trigger}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          aria-label={label}
          align={align}
          sideOffset={6}
          collisionPadding={8}
          className={cx('ui-pop max-w-[calc(100vw-16px)] p-3 text-sm', className)}
        >
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  )
}

/**
 * A short text on hover and focus. Never the only place of something a touch user needs; use Popover for that.
 * @example <Tooltip content="No costs were imported for these days."><span tabIndex={0}>–</span></Tooltip>
 */
export function Tooltip({ content, children }: { content: ReactNode; children: ReactNode }) {
  return (
    <RadixTooltip.Provider delayDuration={250}>
      <RadixTooltip.Root>
        <RadixTooltip.Trigger asChild>{children}</RadixTooltip.Trigger>
        <RadixTooltip.Portal>
          <RadixTooltip.Content
            sideOffset={6}
            collisionPadding={8}
            className="ui-pop max-w-72 px-2.5 py-1.5 text-xs text-balance"
          >
            {content}
          </RadixTooltip.Content>
        </RadixTooltip.Portal>
      </RadixTooltip.Root>
    </RadixTooltip.Provider>
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
