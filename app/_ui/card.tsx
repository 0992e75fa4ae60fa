import type { ReactNode } from 'react'
import { cx } from './cx.ts'

/**
 * A framed area, with an optional heading row.
 * @example <Card title="Ingest keys" description="Write-only keys for devices." actions={<Button>Create key</Button>}>…</Card>
 */
export function Card({
  title,
  description,
  actions,
  padded = true,
  className,
  children,
}: {
  title?: ReactNode
  description?: ReactNode
  actions?: ReactNode
  /** false: the content brings its own padding (tables). */
  padded?: boolean
  className?: string
  children?: ReactNode
}) {
  return (
    <section className={cx('ui-card min-w-0', !padded && 'overflow-hidden', className)}>
      {(title || actions) && (
        <header className="flex flex-wrap items-start justify-between gap-2 px-4 pt-3 pb-2">
          <div className="min-w-0">
            {title && <h2 className="text-base font-semibold">{title}</h2>}
            {description && <p className="max-w-prose text-sm text-muted">{description}</p>}
          </div>
          {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
        </header>
      )}
      <div className={cx(padded && (title || actions ? 'px-4 pt-1 pb-4' : 'p-4'))}>{children}</div>
    </section>
  )
}
