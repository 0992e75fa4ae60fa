'use client'
import { type ReactNode, useId, useState } from 'react'
import { Button } from './button.tsx'
import { Dialog } from './dialog.tsx'
import { Field } from './field.tsx'
import { Input } from './input.tsx'
import { describeError } from './states.tsx'

/** A dialog for what cannot be brought back: it asks for a word, and does nothing until that stands there as it is. */
export function TypedConfirm({
  title,
  description,
  word,
  label = `Type ${word} to confirm`,
  hint,
  action,
  pending,
  error,
  onClose,
  onConfirm,
}: {
  title: ReactNode
  description: ReactNode
  /** What has to be typed. */
  word: string
  label?: string
  hint?: string
  /** What the button that does it says. */
  action: string
  pending: boolean
  /** Of the last try; null or undefined where there was none. */
  error: unknown
  onClose: () => void
  onConfirm: () => void
}) {
  const form = useId()
  const [typed, setTyped] = useState('')
  const confirmed = typed === word
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={title}
      description={description}
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button type="submit" form={form} variant="danger" disabled={!confirmed} pending={pending}>
            {action}
          </Button>
        </>
      }
    >
      <form
        id={form}
        onSubmit={(event) => {
          event.preventDefault()
          if (confirmed) onConfirm()
        }}
      >
        <Field label={label} hint={hint} error={error ? describeError(error).message : null}>
          {(control) => (
            <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          )}
        </Field>
      </form>
    </Dialog>
  )
}
