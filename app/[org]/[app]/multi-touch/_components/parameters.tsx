'use client'
import { useQuery } from '@tanstack/react-query'
import { useId, useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Card } from '#app/_ui/card.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'
import { LEVELS, type Question } from './use-question.ts'
import { readWeights } from './words.ts'

const LEVEL_TITLES = { media_source: 'Media source', campaign: 'Campaign', ad: 'Ad' } as const
const LOOKBACKS = [1, 3, 7, 14, 30, 60, 90]

/** What is a conversion, which touches count for it, and what the models may be told. */
export function Parameters({ question: { state, set, question } }: { question: Question }) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const names = useQuery(trpc.events.names.queryOptions(scope, { staleTime: 300_000 }))
  const events = [...new Set([...(names.data ?? []), question.conversion])].filter((name) => name !== 'install').sort()
  const lookbacks = [...new Set([...LOOKBACKS, question.lookbackDays])].sort((a, b) => a - b)
  return (
    <Card>
      <div className="grid grid-cols-2 gap-3 sm:grid-cols-3 lg:grid-cols-7">
        <Field
          label="Conversion"
          className="max-sm:col-span-2"
          error={names.isError ? 'The app’s events could not be listed. Reload the page to choose one.' : null}
        >
          {(control) => (
            <Select
              {...control}
              value={question.conversion}
              onChange={(event) => set({ conversion: event.target.value })}
            >
              <option value="install">Installs</option>
              {events.map((name) => (
                <option key={name} value={name}>
                  {name}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Compare by">
          {(control) => (
            <Select
              {...control}
              value={question.level}
              onChange={(event) => set({ level: LEVELS.find((level) => level === event.target.value) ?? null })}
            >
              {LEVELS.map((level) => (
                <option key={level} value={level}>
                  {LEVEL_TITLES[level]}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Field label="Touches">
          {(control) => (
            <Select
              {...control}
              value={question.touches}
              onChange={(event) => set({ touches: event.target.value === 'clicks' ? 'clicks' : null })}
            >
              <option value="clicks_and_views">Clicks and views</option>
              <option value="clicks">Clicks only</option>
            </Select>
          )}
        </Field>
        <Field label="Lookback">
          {(control) => (
            <Select
              {...control}
              value={question.lookbackDays}
              onChange={(event) => set({ lookback: Number(event.target.value) })}
            >
              {lookbacks.map((days) => (
                <option key={days} value={days}>
                  {days === 1 ? '1 day' : `${days} days`}
                </option>
              ))}
            </Select>
          )}
        </Field>
        <Typed
          label="Half-life, days"
          inputMode="decimal"
          value={String(question.halfLifeDays)}
          problem={(text) =>
            Number(text) >= 0.1 && Number(text) <= 90 ? null : 'A number of days from 0.1 to 90, such as 7.'
          }
          onChange={(text) => set({ half_life: Number(text) })}
        />
        <Typed
          label="Position, %"
          value={readWeights(state.position) ? state.position : '40/20/40'}
          problem={(text) => (readWeights(text) ? null : 'First/middle/last, together 100, such as 40/20/40.')}
          onChange={(text) => set({ position: text })}
        />
        <Field label="Markov order">
          {(control) => (
            <Select
              {...control}
              value={question.markovOrder}
              onChange={(event) => set({ order: Number(event.target.value) })}
            >
              <option value={1}>1: last touch</option>
              <option value={2}>2: last two</option>
              <option value={3}>3: last three</option>
            </Select>
          )}
        </Field>
      </div>
    </Card>
  )
}

/** A text that counts once it fits, when Enter is pressed or the field is left. */
function Typed({
  label,
  inputMode = 'text',
  value,
  problem,
  onChange,
}: {
  label: string
  /** The keyboard that a phone shows. */
  inputMode?: 'text' | 'decimal'
  value: string
  problem: (text: string) => string | null
  onChange: (text: string) => void
}) {
  const [text, setText] = useState(value)
  const [shown, setShown] = useState(value)
  const form = useId()
  if (shown !== value) {
    setShown(value)
    setText(value)
  }
  const error = text === '' ? 'Type a value.' : problem(text)
  const take = () => {
    if (!error && text !== value) onChange(text.trim())
  }
  return (
    <form
      id={form}
      onSubmit={(event) => {
        event.preventDefault()
        take()
      }}
    >
      <Field label={label} error={error}>
        {(control) => (
          <Input
            {...control}
            inputMode={inputMode}
            maxLength={20}
            value={text}
            onChange={(event) => setText(event.target.value)}
            onBlur={take}
          />
        )}
      </Field>
    </form>
  )
}
