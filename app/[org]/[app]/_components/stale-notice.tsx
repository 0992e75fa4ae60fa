'use client'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { describeError } from '#app/_ui/states.tsx'

/** Says that what is shown is the last answer that arrived, because the newest question failed; `title` where it is no figures. */
export function StaleNotice({
  error,
  retry,
  title = 'These figures could not be refreshed.',
}: {
  error: unknown
  retry: () => void
  title?: string
}) {
  return (
    <Notice
      tone="warning"
      title={title}
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
