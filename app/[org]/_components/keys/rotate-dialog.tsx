'use client'
import { type ReactNode, useState } from 'react'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { momentOf, OVERLAPS, type TimeChoice, TimeField } from './time-choice.tsx'

/**
 * Puts a new key in a key's place: asks until when the old one works, then shows the new one.
 * @example <RotateDialog name="Backend" overlap={…} made={rotate.data && <CopyField … />} onRotate={(until) => rotate.mutate({ id, until })} … />
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
  onRotate: (until: Date) => void
  onClose: () => void
}) {
  const [choice, setChoice] = useState<TimeChoice>({ after: overlap })
  const until = momentOf(choice, Date.now())
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
      description="A new key is made at once. The old one works beside it until the time you choose, then it is refused with a message that names the new one."
      footer={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button
            variant="primary"
            pending={pending}
            disabled={!until}
            onClick={() => {
              const moment = momentOf(choice, Date.now())
              if (moment) onRotate(moment)
            }}
          >
            Rotate key
          </Button>
        </>
      }
    >
      <TimeField
        label="The old key stops working"
        hint={hint}
        error={error ? describeError(error).message : null}
        choices={OVERLAPS}
        value={choice}
        onChange={setChoice}
      />
    </Dialog>
  )
}
