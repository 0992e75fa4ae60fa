import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/**
 * The head of a console page: title, one-line purpose, and on the right the date range and the page's main action.
 * @example <PageHeader title="Links" purpose="Where taps lead, and what they count for." actions={<Button variant="primary">Create link</Button>} />
 */
export function PageHeader({
  title,
  purpose,
  breadcrumb,
  actions,
}: {
  title: ReactNode
  purpose?: ReactNode
  breadcrumb?: ReactNode
  actions?: ReactNode
}) {
  return (
    <header className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3 pb-4">
      <div className="min-w-0">
        {breadcrumb}
        <h1 className="text-xl font-semibold tracking-tight break-words">{title}</h1>
        {purpose && <p className="max-w-prose text-sm text-muted">{purpose}</p>}
      </div>
      {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
    </header>
  )
}

/** The frame of a console page's content: readable width, the grid's margins. */
export function PageBody({ narrow, children }: { narrow?: boolean; children: ReactNode }) {
  return (
    <div className={cx('mx-auto w-full px-4 py-5 sm:px-6', narrow ? 'max-w-3xl' : 'max-w-[1400px]')}>{children}</div>
  )
}
