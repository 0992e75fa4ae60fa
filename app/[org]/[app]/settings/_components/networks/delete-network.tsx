'use client'
import { useMutation } from '@tanstack/react-query'
import { useAppScope } from '#app/_lib/console.tsx'
import { formatNumber } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { toast } from '#app/_ui/toast.tsx'
import { TypedConfirm } from '#app/_ui/typed-confirm.tsx'
import type { NetworkDialogProps } from './network-list.tsx'

/** Asks for the network's name, because its secret and its questions cannot be brought back. */
export function DeleteNetwork({ network, onClose, onDone }: NetworkDialogProps) {
  const trpc = useTRPC()
  const scope = useAppScope()
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
    <TypedConfirm
      title={`Delete ${network.mediaSource}`}
      description="It is not asked any more; questions that wait are dropped, and what it answered is forgotten. What it claimed stays in touchpoints, decisions and reports."
      word={network.mediaSource}
      hint="To stop asking for a while, switch it off instead."
      action="Delete network"
      pending={remove.isPending}
      error={remove.error}
      onClose={onClose}
      onConfirm={() => remove.mutate({ ...scope, networkId: network.id })}
    />
  )
}
