'use client'
import { useMutation } from '@tanstack/react-query'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { describeError } from '#app/_ui/states.tsx'
import type { NetworkDialogProps } from './network-list.tsx'
import { SecretShown } from './secret-shown.tsx'

/** A new secret in the old one's place, which signs beside it for a day. */
export function RotateSecret({ network, onClose, onDone }: NetworkDialogProps) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { timezone } = useApp()
  const rotate = useMutation(trpc.networks.rotateSecret.mutationOptions({ onSuccess: onDone }))
  if (rotate.data)
    return (
      <SecretShown
        secret={rotate.data.secret}
        note={`Both secrets sign until ${formatDateTime(rotate.data.previousUntil, timezone)}.`}
        onClose={onClose}
      />
    )
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={`Rotate the secret of ${network.mediaSource}`}
      description="A new secret is made at once. For a day questions carry signatures by both; afterwards only by the new one."
      footer={
        <>
          <Button onClick={onClose}>Keep it</Button>
          <Button
            variant="primary"
            pending={rotate.isPending}
            onClick={() => rotate.mutate({ ...scope, networkId: network.id })}
          >
            Rotate secret
          </Button>
        </>
      }
    >
      {rotate.isError && (
        <p role="alert" className="text-sm text-negative">
          {describeError(rotate.error).message}
        </p>
      )}
    </Dialog>
  )
}
