'use client'
import { useState } from 'react'
import { formatNumber } from '#app/_lib/format.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Checkbox } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'
import { type ReplayProgress, type ReplaySelection, useReplay } from './use-replay.ts'

/** Sends all rejected events of the current filters again, with progress, and says what became of them. */
export function ReplayDialog({
  selection,
  what,
  onClose,
}: {
  selection: ReplaySelection
  /** The filters in words; null where one is not set. */
  what: readonly (string | null)[]
  onClose: () => void
}) {
  const { progress, start, stop } = useReplay()
  const [again, setAgain] = useState(false)
  const named = what.filter((part) => part !== null).join(', ')
  const running = progress?.state === 'running'
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (open) return
        stop()
        onClose()
      }}
      title="Send rejected events again"
      description={`${named || 'All reasons'}, in the days shown. Once the cause is gone they are accepted; sending one twice counts once.`}
      footer={
        running ? (
          <Button onClick={stop}>Stop</Button>
        ) : progress ? (
          <Button variant="primary" onClick={onClose}>
            Done
          </Button>
        ) : (
          <>
            <Button onClick={onClose}>Cancel</Button>
            <Button variant="primary" onClick={() => void start({ ...selection, again })}>
              Send again
            </Button>
          </>
        )
      }
    >
      {progress ? (
        <Outcome progress={progress} />
      ) : (
        <Checkbox
          label="Those that were accepted since, too"
          hint="Only needed when what was accepted must come in once more; it still counts once."
          checked={again}
          onChange={(event) => setAgain(event.target.checked)}
        />
      )}
    </Dialog>
  )
}

const TITLES: Record<ReplayProgress['state'], string> = {
  running: 'Sending …',
  done: 'All were sent.',
  stopped: 'Stopped.',
  failed: 'Not all were sent.',
}

function Outcome({ progress }: { progress: ReplayProgress }) {
  const { state, replayed, accepted, rejected, error } = progress
  return (
    <div className="flex flex-col gap-3">
      <p role="status" className="font-medium">
        {state === 'done' && replayed === 0 ? 'There was nothing to send.' : TITLES[state]}
      </p>
      <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm tabular-nums">
        <dt className="text-muted">Sent</dt>
        <dd>{formatNumber(replayed)}</dd>
        <dt className="text-muted">Accepted</dt>
        <dd>{formatNumber(accepted)}</dd>
        <dt className="text-muted">Refused again</dt>
        <dd>{formatNumber(rejected)}</dd>
      </dl>
      {state === 'failed' && (
        <Notice tone="negative" title="It broke off.">
          {describeError(error).message} What was sent is marked; send again for the rest.
        </Notice>
      )}
    </div>
  )
}
