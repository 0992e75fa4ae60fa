'use client'
import { useState } from 'react'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** Choices by their length in milliseconds. */
export const OVERLAPS = [
  { label: 'In an hour', ms: HOUR },
  { label: 'Tomorrow at this time', ms: DAY },
  { label: 'In 7 days', ms: 7 * DAY },
  { label: 'In 30 days', ms: 30 * DAY },
  { label: 'In 90 days', ms: 90 * DAY },
  { label: 'Now', ms: 0 },
] as const
export const EXPIRIES = [
  { label: 'In 7 days', ms: 7 * DAY },
  { label: 'In 30 days', ms: 30 * DAY },
  { label: 'In 90 days', ms: 90 * DAY },
  { label: 'In a year', ms: 365 * DAY },
] as const

/** A time as it is chosen: after so long, at a moment of one's own, or never. */
export type TimeChoice = { after: number } | { at: string } | 'never'

/** The moment of a choice; null for never, undefined while none is typed. */
export function momentOf(choice: TimeChoice, now: number): Date | null | undefined {
  if (choice === 'never') return null
  if ('after' in choice) return new Date(now + choice.after)
  const at = new Date(choice.at)
  return Number.isNaN(at.getTime()) ? undefined : at
}

/** Chooses when something ends: one of some lengths, a moment in the browser's time zone, or never where that is offered. */
export function TimeField({
  label,
  hint,
  error,
  choices,
  never,
  value,
  onChange,
}: {
  label: string
  hint?: string
  error?: string | null
  choices: readonly { label: string; ms: number }[]
  /** How "never" reads; absent: it is no choice. */
  never?: string
  value: TimeChoice
  onChange: (value: TimeChoice) => void
}) {
  const [zone] = useState(() => Intl.DateTimeFormat().resolvedOptions().timeZone)
  const selected = value === 'never' ? 'never' : 'at' in value ? 'at' : String(value.after)
  const choose = (text: string) =>
    onChange(text === 'never' ? 'never' : text === 'at' ? { at: '' } : { after: Number(text) })
  const ownMoment = value !== 'never' && 'at' in value
  return (
    <div className="flex flex-col gap-2">
      <Field label={label} {...(hint ? { hint } : {})} error={ownMoment ? null : error}>
        {(control) => (
          <Select {...control} value={selected} onChange={(event) => choose(event.target.value)}>
            {never !== undefined && <option value="never">{never}</option>}
            {choices.map((one) => (
              <option key={one.ms} value={one.ms}>
                {one.label}
              </option>
            ))}
            <option value="at">At a time of your choice</option>
          </Select>
        )}
      </Field>
      {ownMoment && (
        <Field label="Date and time" hint={`In ${zone}.`} error={error}>
          {(control) => (
            <Input
              {...control}
              type="datetime-local"
              value={value.at}
              onChange={(event) => onChange({ at: event.target.value })}
            />
          )}
        </Field>
      )}
    </div>
  )
}
