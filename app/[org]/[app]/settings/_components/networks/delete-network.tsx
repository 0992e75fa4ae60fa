'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { toast } from '#app/_ui/toast.tsx'
import type { Network } from './network-list.tsx'

/** Asks for the network's name, because its secret and its questions cannot be brought back. */
export function DeleteNetwork({
  network,
  onClose,
  onDone,
}: {
  network: Network
  onClose: () => void
  /** The network is gone. */
  onDone: () => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const [typed, setTyped] = useState('')
  const confirmed = typed === network.mediaSource
  const remove = useMutation(
    trpc.networks.delete.mutationOptions({
      onSuccess: ({ mediaSource, droppedQuestions }) => {
        const dropped = droppedQuestions > 0 ? ` Questions that were dropped: ${formatNumber(droppedQuestions)}.` : ''
        toast.done(`${mediaSource} deleted.${dropped}`)
        onDone()
        onClose()
      },
    }),
  )
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={`Delete ${network.mediaSource}`}
      description="It is not asked any more; questions that wait are dropped, and what it answered is forgotten. What it claimed stays in touchpoints, decisions and reports."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button type="submit" form="delete-network" variant="danger" disabled={!confirmed} pending={remove.isPending}>
            Delete network
          </Button>
        </>
      }
    >
      <form
        id="delete-network"
        onSubmit={(event) => {
          event.preventDefault()
          if (confirmed) remove.mutate({ ...scope, networkId: network.id })
        }}
      >
        <Field
          label={`Type ${network.mediaSource} to confirm`}
          hint="To stop asking for a while, switch it off instead."
          error={remove.error ? describeError(remove.error).message : null}
        >
          {(control) => (
            <Input {...control} value={typed} onChange={(event) => setTyped(event.target.value)} autoComplete="off" />
          )}
        </Field>
      </form>
    </Dialog>
  )
}
