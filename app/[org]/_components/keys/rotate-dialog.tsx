'use client'
import { type ReactNode, useState } from 'react'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { EXPIRIES, momentOf, OVERLAPS, type TimeChoice, TimeField } from './time-choice.tsx'

/**
 * Puts a new key in a key's place: asks until when the old one works and when the new one ends, then shows the new one.
 * @example <RotateDialog name="Backend" overlap={…} made={rotate.data && <CopyField … />} onRotate={(when) => rotate.mutate({ id, ...when })} … />
 */
export function RotateDialog({
  name,
  hint,
  overlap,
  made,
  pending,
  error,
  onRotate,
  onClose,
}: {
  name: string
  /** How long an overlap should be, for this kind of key. */
  hint: string
  /** The length that is offered first, in milliseconds. */
  overlap: number
  /** The new key, once there is one. */
  made: ReactNode
  pending: boolean
  error: unknown
  onRotate: (when: { until: Date; expiresAt?: Date }) => void
  onClose: () => void
}) {
  const [choice, setChoice] = useState<TimeChoice>({ after: overlap })
  const [expiry, setExpiry] = useState<TimeChoice>('never')
  const until = momentOf(choice, Date.now())
  const expires = momentOf(expiry, Date.now())
  const problem = error ? describeError(error) : null
  const close = (open: boolean) => {
    if (!open) onClose()
  }
  if (made)
    return (
      <Dialog
        open
        onOpenChange={close}
        title="The new key"
        description="Put it in the old one's place before that one ends."
        footer={
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        }
      >
        {made}
      </Dialog>
    )
  return (
    <Dialog
      open
      onOpenChange={close}
      title={`Rotate ${name}`}
      description="A new key is made at once. The old one works beside it until the time you choose, or its own expiry if that is earlier; then it is refused with a message that names the new one."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            pending={pending}
            disabled={!until || expires === undefined}
            onClick={() => {
              const moment = momentOf(choice, Date.now())
              const end = momentOf(expiry, Date.now())
              if (moment && end !== undefined) onRotate({ until: moment, ...(end ? { expiresAt: end } : {}) })
            }}
          >
            Rotate key
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <TimeField
          label="The old key stops working"
          hint={hint}
          error={problem && problem.field !== 'expiresAt' ? problem.message : null}
          choices={OVERLAPS}
          value={choice}
          onChange={setChoice}
        />
        <TimeField
          label="The new key expires"
          error={problem?.field === 'expiresAt' ? problem.message : null}
          choices={EXPIRIES}
          never="Never"
          value={expiry}
          onChange={setExpiry}
        />
      </div>
    </Dialog>
  )
}
