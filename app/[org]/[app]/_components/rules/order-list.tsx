'use client'
import { ArrowDown, ArrowUp } from 'lucide-react'
import { useRef, useState } from 'react'
import { PRIORITY_WORDS } from '#app/_lib/attribution/settings-words.ts'
import { IconButton } from '#app/_ui/button.tsx'
import type { Priority } from '#server/modules/attribution/index.ts'
import { moved } from './draft.ts'

/**
 * The steps of the order in which candidates are compared, moved up and down by buttons: by mouse, finger and keyboard
 * alike. Where a step went is said aloud, and the focus goes with it.
 */
export function OrderList({
  steps,
  onChange,
  disabled,
}: {
  steps: readonly Priority[]
  onChange: (next: Priority[]) => void
  disabled: boolean
}) {
  const list = useRef<HTMLOListElement>(null)
  const [said, setSaid] = useState('')
  const move = (step: Priority, index: number, by: -1 | 1) => {
    onChange(moved(steps, index, by))
    setSaid(`${PRIORITY_WORDS[step].title}: now step ${index + by + 1} of ${steps.length}.`)
    // At an end the pressed button is disabled, and a disabled one loses the focus: the other one takes it.
    requestAnimationFrame(() => {
      const buttons = list.current?.querySelectorAll<HTMLButtonElement>(`[data-step="${step}"] button`) ?? []
      const [up, down] = buttons
      const pressed = by === -1 ? up : down
      const target = pressed?.disabled ? (by === -1 ? down : up) : pressed
      target?.focus()
    })
  }
  return (
    <>
      <ol ref={list} aria-label="Order of deciding" className="flex flex-col rounded-lg border border-line">
        {steps.map((step, index) => (
          <li
            key={step}
            data-step={step}
            className="flex items-center gap-3 border-t border-line px-3 py-1.5 text-sm first:border-0"
          >
            <span aria-hidden className="w-4 text-right text-faint">
              {index + 1}
            </span>
            <span className="min-w-0 flex-1">
              <span className="font-medium">{PRIORITY_WORDS[step].title}</span>
              <span className="block text-muted">{PRIORITY_WORDS[step].rule}</span>
            </span>
            {!disabled && (
              <span className="flex">
                <IconButton
                  label={`Move “${PRIORITY_WORDS[step].title}” up`}
                  disabled={index === 0}
                  onClick={() => move(step, index, -1)}
                >
                  <ArrowUp />
                </IconButton>
                <IconButton
                  label={`Move “${PRIORITY_WORDS[step].title}” down`}
                  disabled={index === steps.length - 1}
                  onClick={() => move(step, index, 1)}
                >
                  <ArrowDown />
                </IconButton>
              </span>
            )}
          </li>
        ))}
      </ol>
      <p aria-live="polite" className="sr-only">
        {said}
      </p>
    </>
  )
}
