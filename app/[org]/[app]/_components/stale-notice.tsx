'use client'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { describeError } from '#app/_ui/states.tsx'

/** Says that what is shown is the last answer that arrived, because the newest question failed. */
export function StaleNotice({ error, retry }: { error: unknown; retry: () => void }) {
  return (
    <Notice
      tone="warning"
      title="These figures could not be refreshed."
      actions={
        <Button size="sm" onClick={retry}>
          Try again
        </Button>
      }
    >
      {describeError(error).message}
    </Notice>
  )
}
