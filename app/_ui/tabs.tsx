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

/**
 * A row of choices of which exactly one holds, for small switches such as a chart's metric.
 * @example <Segmented label="Metric" value={metric} onChange={setMetric} options={[{ value: 'installs', label: 'Installs' }]} />
 */
export function Segmented<T extends string>({
  label,
  value,
  onChange,
  options,
}: {
  label: string
  value: T
  onChange: (value: T) => void
  options: readonly { value: T; label: ReactNode }[]
}) {
  return (
    <fieldset className="inline-flex max-w-full overflow-x-auto rounded-md bg-hover p-0.5">
      <legend className="sr-only">{label}</legend>
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className="h-7 rounded px-2.5 text-xs whitespace-nowrap text-muted hover:text-ink aria-pressed:bg-surface aria-pressed:font-medium aria-pressed:text-ink aria-pressed:shadow-sm"
        >
          {option.label}
        </button>
      ))}
    </fieldset>
  )
}
