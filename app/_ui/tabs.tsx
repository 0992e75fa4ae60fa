'use client'
import * as Radix from 'radix-ui/tabs'
import type { ReactNode } from 'react'
import { cx } from './cx.ts'

export interface Tab {
  value: string
  label: ReactNode
  content: ReactNode
}

/**
 * Tabs with arrow-key movement. Controlled by `value`/`onChange`, or by itself when both are absent.
 * @example <Tabs label="Snippets" tabs={[{ value: 'curl', label: 'curl', content: <Code /> }]} />
 */
export function Tabs({
  label,
  tabs,
  value,
  onChange,
  className,
}: {
  /** Names the group for screen readers. */
  label: string
  tabs: readonly Tab[]
  value?: string
  onChange?: (value: string) => void
  className?: string
}) {
  const controlled = value === undefined ? { defaultValue: tabs[0]?.value } : { value, onValueChange: onChange }
  return (
    <Radix.Root className={className} {...controlled}>
      <Radix.List aria-label={label} className="flex gap-1 overflow-x-auto border-b border-line px-1">
        {tabs.map((tab) => (
          <Radix.Trigger
            key={tab.value}
            value={tab.value}
            className={cx(
              '-mb-px h-9 border-b-2 border-transparent px-2.5 text-sm whitespace-nowrap text-muted hover:text-ink',
              'data-[state=active]:border-accent-ink data-[state=active]:font-medium data-[state=active]:text-ink',
            )}
          >
            {tab.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map((tab) => (
        <Radix.Content key={tab.value} value={tab.value} className="outline-offset-[-2px]">
          {tab.content}
        </Radix.Content>
      ))}
    </Radix.Root>
  )
}
