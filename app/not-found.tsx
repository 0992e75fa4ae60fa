import { LogoMark } from './_ui/logo.tsx'

/** What does not exist, or not for this person: the answer is the same. A plain link, because this file is part of every page's first load. */
export default function NotFound() {
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-3 px-4 text-center">
      {/* An element, because metadata does not reach the answer when a layout is what says "not found". */}
      <title>Not found · UnMoGrowP</title>
      <LogoMark className="size-8" />
      <h1 className="text-xl font-semibold">There is nothing at this address</h1>
      <p className="max-w-md text-muted">
        The address may be mistyped, or it belongs to an organization that you are not a member of.
      </p>
      <a href="/" className="ui-button ui-button-secondary">
        Go to the start page
      </a>
    </main>
  )
}
