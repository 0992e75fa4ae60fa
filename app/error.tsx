'use client'

/**
 * A page outside the console that failed to render. Plain markup, because this file is part of every page's first load.
 * In production only the digest reaches the browser; it leads to the log line.
 */
export default function PageError({ error, reset }: { error: Error & { digest?: string }; reset: () => void }) {
  return (
    <main role="alert" className="flex min-h-dvh flex-col items-center justify-center gap-3 px-4 text-center">
      <h1 className="text-xl font-semibold">This page failed to load</h1>
      <p className="text-muted">Try again. If it stays, quote the request id.</p>
      {error.digest && <code className="font-mono text-xs text-faint">{error.digest}</code>}
      <button type="button" className="ui-button ui-button-secondary" onClick={reset}>
        Try again
      </button>
    </main>
  )
}
