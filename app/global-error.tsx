'use client'

/** The last resort, when even the root layout failed: no style sheet can be relied on. */
export default function GlobalError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <html lang="en">
      <body>
        <h1>This page failed to load</h1>
        <p>Try again. If it stays, quote the request id{error.digest ? `: ${error.digest}` : ''}.</p>
        <button type="button" onClick={reset}>
          Try again
        </button>
      </body>
    </html>
  )
}
