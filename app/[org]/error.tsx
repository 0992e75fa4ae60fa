'use client'
import { PageBody } from '#app/_ui/page.tsx'
import { ErrorState } from '#app/_ui/states.tsx'

/** A room that failed to render; the frame around it stays. In production the message carries only the digest to quote. */
export default function RoomError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <PageBody narrow>
      <h1 className="sr-only">Error</h1>
      <ErrorState
        error={{ message: 'This page failed to load.', data: error.digest ? { requestId: error.digest } : null }}
        retry={reset}
      />
    </PageBody>
  )
}
