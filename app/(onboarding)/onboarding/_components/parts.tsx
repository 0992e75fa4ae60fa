import type { ReactNode } from 'react'
import type { Submission } from '#app/_lib/use-submit.ts'

/** A step's title and what it is for. */
export function StepTitle({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <div className="flex flex-col gap-1">
      <h1 className="text-xl font-semibold tracking-tight">{title}</h1>
      {children && <p className="max-w-prose text-sm text-muted">{children}</p>}
    </div>
  )
}

/** The message that belongs to no single field; takes the focus when it appears. */
export function StepError({ submission }: { submission: Submission }) {
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
