import { env } from '#server/platform/env.ts'

/** In demo mode: where the mails go. Nothing elsewhere. */
export function InboxHint() {
  const { DEMO, INBOX_URL } = env()
  if (!DEMO || !INBOX_URL) return null
  return (
    <p className="rounded-md bg-accent-soft px-3 py-2 text-sm text-accent-ink">
      This is the demo: mails stay on this machine.{' '}
      <a href={INBOX_URL} target="_blank" rel="noreferrer" className="underline underline-offset-2">
        Open the inbox
      </a>
    </p>
  )
}
