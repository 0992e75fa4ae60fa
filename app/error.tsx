'use client'
import { ErrorState } from '#app/_ui/states.tsx'

/** A page outside the console that failed to render. In production the message carries only the digest to quote. */
export default function AppError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <h1 className="sr-only">Error</h1>
      <ErrorState
        error={{ message: 'This page failed to load.', data: error.digest ? { requestId: error.digest } : null }}
        retry={reset}
      />
    </main>
  )
}
