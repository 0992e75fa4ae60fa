'use client'
import { useState } from 'react'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'

/** Asks for the key's name, because a revoked key cannot be brought back. */
export function RevokeKeyDialog({
  name,
  pending,
  error,
  onClose,
  onRevoke,
}: {
  name: string
  pending: boolean
  error: unknown
  onClose: () => void
  onRevoke: () => void
}) {
  const [typed, setTyped] = useState('')
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={`Revoke “${name}”`}
      description="Requests with this key are refused within a second. It cannot be brought back."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button variant="danger" disabled={typed !== name} pending={pending} onClick={onRevoke}>
            Revoke key
          </Button>
        </>
      }
    >
      <Field label={`Type ${name} to confirm`} error={error ? describeError(error).message : null}>
        {(control) => (
          <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
        )}
      </Field>
    </Dialog>
  )
}
