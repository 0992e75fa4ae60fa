'use client'
import { type Filter, FilterChips } from '#app/_ui/filters.tsx'
import { Select } from '#app/_ui/input.tsx'
import { rejectionWord } from './words.ts'

export const KINDS = ['event', 'touchpoint'] as const
/** `open`: not accepted at a replay yet. */
export const STATES = ['open', 'replayed'] as const

const STATE_WORDS: Record<(typeof STATES)[number], string> = {
  open: 'Not accepted yet',
  replayed: 'Accepted since',
}

interface Filters {
  code: string | null
  kind: (typeof KINDS)[number] | null
  state: (typeof STATES)[number] | null
}

const WIDTH = 'w-auto max-sm:min-w-[40%] max-sm:flex-auto'

/** Reason, kind and state of rejected events, as choices and as removable chips. */
export function LetterFilters({
  codes,
  filters,
  onChange,
}: {
  /** Reasons that occur. */
  codes: readonly string[]
  filters: Filters
  onChange: (change: Partial<Filters>) => void
}) {
  const { code, kind, state } = filters
  const chips: Filter[] = [
    ...(code ? [{ key: 'code', label: 'Reason', value: rejectionWord(code) }] : []),
    ...(kind ? [{ key: 'kind', label: 'Kind', value: kind }] : []),
    ...(state ? [{ key: 'state', label: 'State', value: STATE_WORDS[state] }] : []),
  ]
  return (
    <>
      <Select
        aria-label="Reason"
        className={WIDTH}
        value={code ?? ''}
        onChange={(event) => onChange({ code: event.target.value || null })}
      >
        <option value="">Any reason</option>
        {codes.map((one) => (
          <option key={one} value={one}>
            {rejectionWord(one)}
          </option>
        ))}
      </Select>
      <Select
        aria-label="Kind"
        className={WIDTH}
        value={kind ?? ''}
        onChange={(event) => onChange({ kind: KINDS.find((one) => one === event.target.value) ?? null })}
      >
        <option value="">Events and touchpoints</option>
        <option value="event">Events</option>
        <option value="touchpoint">Touchpoints</option>
      </Select>
      <Select
        aria-label="State"
        className={WIDTH}
        value={state ?? ''}
        onChange={(event) => onChange({ state: STATES.find((one) => one === event.target.value) ?? null })}
      >
        <option value="">Any state</option>
        {STATES.map((one) => (
          <option key={one} value={one}>
            {STATE_WORDS[one]}
          </option>
        ))}
      </Select>
      <FilterChips
        filters={chips}
        onRemove={(key) => onChange({ [key]: null })}
        onClear={() => onChange({ code: null, kind: null, state: null })}
      />
    </>
  )
}
