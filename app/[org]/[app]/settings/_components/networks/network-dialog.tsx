'use client'
import { useMutation } from '@tanstack/react-query'
import { useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'
import { daysToMs, hoursToMs, msToDays, msToHours } from './facts.ts'
import type { Network } from './network-list.tsx'
import { SecretShown } from './secret-shown.tsx'

/** Adds a network and then shows its secret, or changes one. */
export function NetworkDialog({
  network,
  onClose,
  onDone,
}: {
  /** null: a new one. */
  network: Network | null
  onClose: () => void
  /** The list changed. */
  onDone: () => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const create = useMutation(trpc.networks.create.mutationOptions())
  const update = useMutation(trpc.networks.update.mutationOptions())
  const submission = useSubmit(['mediaSource', 'claimUrl', 'clickWindowMs', 'viewWindowMs'], async (data) => {
    const fields = {
      claimUrl: textOf(data, 'claimUrl'),
      clickWindowMs: daysToMs(textOf(data, 'clickWindowMs')),
      viewWindowMs: hoursToMs(textOf(data, 'viewWindowMs')),
    }
    if (network === null) {
      await create.mutateAsync({ ...scope, ...fields, mediaSource: textOf(data, 'mediaSource') })
      onDone()
      return
    }
    await update.mutateAsync({ ...scope, ...fields, networkId: network.id })
    toast.done(`${network.mediaSource} saved.`)
    onDone()
    onClose()
  })
  if (create.data)
    return (
      <SecretShown
        secret={create.data.secret}
        note="The network is asked about installs from now on. While it does not know the secret, questions that it refuses with 401 are repeated for a day."
        onClose={onClose}
      />
    )
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={network === null ? 'Add network' : `Edit ${network.mediaSource}`}
      description="It is asked about each production install with a device id, unless the person refused consent."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            type="submit"
            form="network"
            variant="primary"
            pending={submission.pending}
            disabled={submission.loading}
          >
            {network === null ? 'Add network' : 'Save'}
          </Button>
        </>
      }
    >
      <form id="network" {...submission.form} className="flex flex-col gap-4">
        {network === null && (
          <Field
            label="Media source"
            hint="Its name in reports. Installs that it claims, and wins, stand under it."
            error={submission.fieldError('mediaSource')}
          >
            {(control) => (
              <Input
                {...control}
                name="mediaSource"
                placeholder="big_network"
                maxLength={100}
                autoComplete="off"
                required
              />
            )}
          </Field>
        )}
        <Field
          label="Claim address"
          hint="Where questions are posted; the network names it. It begins with https://."
          error={submission.fieldError('claimUrl')}
        >
          {(control) => (
            <Input
              {...control}
              type="url"
              name="claimUrl"
              defaultValue={network?.claimUrl ?? ''}
              placeholder="https://network.example.com/claims"
              maxLength={2000}
              autoComplete="off"
              spellCheck={false}
              required
            />
          )}
        </Field>
        <div className="grid gap-4 sm:grid-cols-2">
          <Field label="Clicks count for, days" hint="1 to 30." error={submission.fieldError('clickWindowMs')}>
            {(control) => (
              <Input
                {...control}
                name="clickWindowMs"
                inputMode="numeric"
                defaultValue={network ? msToDays(network.clickWindowMs) : '7'}
                required
              />
            )}
          </Field>
          <Field label="Views count for, hours" hint="1 to 72." error={submission.fieldError('viewWindowMs')}>
            {(control) => (
              <Input
                {...control}
                name="viewWindowMs"
                inputMode="numeric"
                defaultValue={network ? msToHours(network.viewWindowMs) : '24'}
                required
              />
            )}
          </Field>
        </div>
        <p className="text-xs text-muted">
          A claim outside these windows is refused. The app’s attribution windows hold beside them.
        </p>
        {submission.formError && (
          <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
            {submission.formError}
          </p>
        )}
      </form>
    </Dialog>
  )
}
