'use client'
import type { ReactNode } from 'react'

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
    <fieldset className="relative inline-flex max-w-full overflow-x-auto rounded-md bg-hover p-0.5">
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
