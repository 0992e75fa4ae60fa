'use client'
import { CalendarDays } from 'lucide-react'
import { parseAsString, useQueryStates } from 'nuqs'
import { useMemo, useState } from 'react'
import {
  addDays,
  type DayRange,
  daysBetween,
  isDay,
  PRESETS,
  type Preset,
  presetRange,
  todayIn,
} from '#app/_lib/days.ts'
import { formatDay, zoneName } from '#app/_lib/format.ts'
import { Button } from './button.tsx'
import { cx } from './cx.ts'
import { Field } from './field.tsx'
import { Input } from './input.tsx'
import { Popover } from './popover.tsx'

const MAX_DAYS = 366
const isPreset = (text: string | null): text is Preset => text !== null && text in PRESETS

/** The range of a page as its URL says it, and how to change it. */
export interface DateRange extends DayRange {
  preset: Preset | null
  /** Today in the app's zone; the period that is still running. */
  today: string
  timeZone: string
  setPreset: (preset: Preset) => void
  setRange: (range: DayRange) => void
}

/**
 * The date range in the URL: `?range=30d`, or `?from=…&to=…` for days of one's own (`to` exclusive, as in the API).
 * @param timeZone the app's IANA zone, in which days begin
 * @param fallback what holds when the URL says nothing
 */
export function useDateRange(timeZone: string, fallback: Preset = '30d'): DateRange {
  const [state, setState] = useQueryStates(
    { range: parseAsString, from: parseAsString, to: parseAsString },
    { history: 'push' },
  )
  const today = todayIn(timeZone)
  const { range, from, to } = state
  return useMemo(() => {
    const custom = !range && from && to && isDay(from) && isDay(to) && from < to && daysBetween(from, to) <= MAX_DAYS
    const preset = custom ? null : isPreset(range) ? range : fallback
    const days = preset ? presetRange(preset, today) : { from: from ?? today, to: to ?? addDays(today, 1) }
    return {
      ...days,
      preset,
      today,
      timeZone,
      setPreset: (next) => void setState({ range: next === fallback ? null : next, from: null, to: null }),
      setRange: (next) => void setState({ range: null, from: next.from, to: next.to }),
    }
  }, [range, from, to, today, timeZone, fallback, setState])
}

/**
 * Chooses the range: presets, or two days. Shows the zone in which days begin.
 * @example const range = useDateRange(app.timezone); <DateRangePicker range={range} />
 */
export function DateRangePicker({ range }: { range: DateRange }) {
  const [open, setOpen] = useState(false)
  const [first, setFirst] = useState('')
  const [last, setLast] = useState('')
  const length = first && last && isDay(first) && isDay(last) ? daysBetween(first, last) + 1 : 0
  const problem =
    !first || !last
      ? null
      : length < 1
        ? 'The last day is before the first.'
        : length > MAX_DAYS
          ? `At most ${MAX_DAYS} days.`
          : null
  const lastShown = addDays(range.to, -1)
  const days =
    range.from === lastShown
      ? formatDay(range.from, true)
      : `${formatDay(range.from)} – ${formatDay(lastShown, lastShown.slice(0, 4) !== range.today.slice(0, 4))}`
  return (
    <Popover
      label="Date range"
      align="end"
      open={open}
      onOpenChange={(next) => {
        setOpen(next)
        setFirst(range.from)
        setLast(lastShown)
      }}
      className="w-72"
      trigger={
        <Button>
          <CalendarDays aria-hidden />
          <span>{range.preset ? PRESETS[range.preset].label : days}</span>
          <span className="font-normal text-faint max-sm:hidden">
            {range.preset ? `${days} · ` : ''}
            {zoneName(range.timeZone)}
          </span>
        </Button>
      }
    >
      <div className="grid grid-cols-2 gap-1">
        {(Object.keys(PRESETS) as Preset[]).map((preset) => (
          <button
            key={preset}
            type="button"
            aria-pressed={preset === range.preset}
            onClick={() => {
              range.setPreset(preset)
              setOpen(false)
            }}
            className={cx(
              'h-8 rounded px-2 text-left text-sm hover:bg-hover aria-pressed:bg-accent-soft aria-pressed:text-accent-ink',
            )}
          >
            {PRESETS[preset].label}
          </button>
        ))}
      </div>
      <form
        className="mt-3 flex flex-col gap-2 border-t border-line pt-3"
        onSubmit={(event) => {
          event.preventDefault()
          if (length < 1 || problem) return
          range.setRange({ from: first, to: addDays(last, 1) })
          setOpen(false)
        }}
      >
        <div className="grid grid-cols-2 gap-2">
          <Field label="First day">
            {(control) => (
              <Input
                {...control}
                type="date"
                value={first}
                max={range.today}
                onChange={(e) => setFirst(e.target.value)}
              />
            )}
          </Field>
          <Field label="Last day">
            {(control) => (
              <Input
                {...control}
                type="date"
                value={last}
                max={range.today}
                onChange={(e) => setLast(e.target.value)}
              />
            )}
          </Field>
        </div>
        {problem && (
          <p role="alert" className="text-xs text-negative">
            {problem}
          </p>
        )}
        <div className="flex items-center justify-between gap-2">
          <p className="text-xs text-faint">Days begin in {range.timeZone}.</p>
          <Button type="submit" variant="primary" size="sm" disabled={length < 1 || Boolean(problem)}>
            Show
          </Button>
        </div>
      </form>
    </Popover>
  )
}
