import Link from 'next/link'
import type { ReactNode } from 'react'
import type { Submission } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'

/** The card of a door: what this page is for, its form, and the way to the other doors. */
export function AuthCard({
  title,
  purpose,
  footer,
  children,
}: {
  title: string
  purpose?: ReactNode
  footer?: ReactNode
  children: ReactNode
}) {
  return (
    <>
      <div className="ui-card flex flex-col gap-4 p-5 sm:p-6">
        <div className="flex flex-col gap-1">
          <h1 className="text-lg font-semibold tracking-tight">{title}</h1>
          {purpose && <p className="text-sm text-muted">{purpose}</p>}
        </div>
        {children}
      </div>
      {footer && <div className="mt-4 text-center text-sm text-muted">{footer}</div>}
    </>
  )
}

/** Stands in place of a form whose mailed link arrived without its token. */
export function IncompleteLink() {
  return (
    <p role="alert" className="rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
      This link is incomplete. Open it again from the mail, or copy all of it into the address bar.
    </p>
  )
}

/** A link inside a sentence. */
export function TextLink({ href, children }: { href: string; children: ReactNode }) {
  return (
    <Link href={href} className="ui-link">
      {children}
    </Link>
  )
}

/** The message that belongs to no single field; takes the focus when it appears. */
export function FormError({ submission }: { submission: Submission }) {
  if (!submission.formError) return null
  return (
    <p
      role="alert"
      data-form-error
      tabIndex={-1}
      className="rounded-md bg-negative-soft px-3 py-2 text-sm text-negative outline-none"
    >
      {submission.formError}
    </p>
  )
}

/** The form's button, as wide as its fields. */
export function SubmitButton({ submission, children }: { submission: Submission; children: ReactNode }) {
  return (
    <Button
      type="submit"
      variant="primary"
      size="lg"
      className="w-full"
      pending={submission.pending}
      disabled={submission.loading}
    >
      {children}
    </Button>
  )
}
