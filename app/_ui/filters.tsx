'use client'
import { Search, X } from 'lucide-react'
import { useEffect, useRef, useState } from 'react'
import { cx } from './cx.ts'

/**
 * A search box that reports after a short pause in typing; Escape clears it.
 * @example <SearchInput label="Search links" value={search} onChange={setSearch} />
 */
export function SearchInput({
  label,
  value,
  onChange,
  className,
}: {
  /** Accessible name and place-holder. */
  label: string
  value: string
  onChange: (value: string) => void
  className?: string
}) {
  const [text, setText] = useState(value)
  const reported = useRef(value)
  const report = useRef(onChange)
  report.current = onChange
  useEffect(() => {
    if (value !== reported.current) {
      reported.current = value
      setText(value)
    }
  }, [value])
  useEffect(() => {
    if (text === reported.current) return
    const timer = setTimeout(() => {
      reported.current = text
      report.current(text)
    }, 200)
    return () => clearTimeout(timer)
  }, [text])
  return (
    <div className={cx('relative w-56 max-sm:w-full', className)}>
      <Search
        className="pointer-events-none absolute top-1/2 left-2.5 size-4 -translate-y-1/2 text-faint"
        aria-hidden
      />
      <input
        type="search"
        aria-label={label}
        placeholder={label}
        value={text}
        maxLength={200}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === 'Escape') setText('')
        }}
        className="ui-input pl-8"
      />
    </div>
  )
}

export interface Filter {
  /** Identifies the filter when it is removed. */
  key: string
  /** What is filtered: "Country". */
  label: string
  /** By what: "Germany". */
  value: string
}

/**
 * The filters that hold, each removable; nothing when there are none.
 * @example <FilterChips filters={[{ key: 'country', label: 'Country', value: 'DE' }]} onRemove={remove} onClear={clear} />
 */
export function FilterChips({
  filters,
  onRemove,
  onClear,
}: {
  filters: readonly Filter[]
  onRemove: (key: string) => void
  onClear?: () => void
}) {
  if (filters.length === 0) return null
  return (
    <ul aria-label="Filters" className="flex flex-wrap items-center gap-1.5">
      {filters.map((filter) => (
        <li
          key={filter.key}
          className="inline-flex h-7 max-w-full items-center gap-1 rounded-md bg-accent-soft pl-2 text-xs text-accent-ink"
        >
          <span className="truncate">
            {filter.label}: <strong className="font-semibold">{filter.value}</strong>
          </span>
          <button
            type="button"
            aria-label={`Remove filter ${filter.label}: ${filter.value}`}
            onClick={() => onRemove(filter.key)}
            className="flex size-7 items-center justify-center rounded-md hover:bg-hover"
          >
            <X className="size-3.5" aria-hidden />
          </button>
        </li>
      ))}
      {onClear && filters.length > 1 && (
        <li>
          <button type="button" onClick={onClear} className="ui-button ui-button-ghost ui-button-sm">
            Clear all
          </button>
        </li>
      )}
    </ul>
  )
}
