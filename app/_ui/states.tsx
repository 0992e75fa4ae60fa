'use client'
import type { ReactNode } from 'react'
import { Button } from './button.tsx'
import { CopyButton } from './copy.tsx'
import { cx } from './cx.ts'

/**
 * Nothing to show: why, and what to do next.
 * @example <EmptyState icon={<Link2 />} title="No links yet" action={<Button variant="primary">Create link</Button>}>A tracking link …</EmptyState>
 */
export function EmptyState({
  icon,
  title,
  action,
  className,
  children,
}: {
  icon?: ReactNode
  title: string
  action?: ReactNode
  className?: string
  children?: ReactNode
}) {
  return (
    <div className={cx('flex flex-col items-center gap-2 px-4 py-12 text-center', className)}>
      {icon && (
        <span aria-hidden className="mb-1 rounded-full bg-hover p-3 text-faint [&_svg]:size-5">
          {icon}
        </span>
      )}
      <p className="text-base font-semibold">{title}</p>
      {children && <div className="max-w-md text-sm text-muted">{children}</div>}
      {action && <div className="mt-2 flex flex-wrap justify-center gap-2">{action}</div>}
    </div>
  )
}

/** The part of a tRPC client error that the states read; any thrown value is accepted. */
interface ErrorShape {
  message?: string
  data?: { code?: string; requestId?: string; field?: string } | null
}

/** Message, code, request id and field of whatever a query or mutation failed with. */
export function describeError(error: unknown): { message: string; code?: string; requestId?: string; field?: string } {
  const shape = (typeof error === 'object' && error !== null ? error : {}) as ErrorShape
  const offline = shape.message === 'Failed to fetch' || shape.message === 'fetch failed'
  return {
    message: offline
      ? 'The server did not answer. Check your connection and try again.'
      : (shape.message ?? 'Something failed. Try again.'),
    code: shape.data?.code,
    requestId: shape.data?.requestId,
    field: shape.data?.field,
  }
}

/**
 * What happened, the request id to quote, and a way to try again. A refusal for lack of permission is shown as such.
 * @example if (query.isError) return <ErrorState error={query.error} retry={() => query.refetch()} />
 */
export function ErrorState({ error, retry, className }: { error: unknown; retry?: () => void; className?: string }) {
  const { message, code, requestId } = describeError(error)
  const forbidden = code === 'FORBIDDEN'
  return (
    <div role="alert" className={cx('flex flex-col items-center gap-2 px-4 py-12 text-center', className)}>
      <p className="text-base font-semibold">{forbidden ? 'You may not see this' : 'This could not be loaded'}</p>
      <p className="max-w-md text-sm text-muted">{message}</p>
      {requestId && !forbidden && (
        <p className="flex items-center gap-1 text-xs text-faint">
          Request <code className="font-mono">{requestId}</code>
          <CopyButton text={requestId} label="Copy request id" />
        </p>
      )}
      {retry && !forbidden && <Button onClick={retry}>Try again</Button>}
    </div>
  )
}

/**
 * A grey place-holder of the real layout's size; it appears only after 150 ms.
 * @example <Skeleton className="h-9 w-full" />
 */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden className={cx('ui-skeleton', className)} />
}

/** Skeleton of a table with `rows` rows, announced as loading. */
export function TableSkeleton({ rows = 8 }: { rows?: number }) {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col">
      {Array.from({ length: rows }, (_, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: place-holders have no identity
        <div key={index} className="flex h-9 items-center gap-4 border-t border-line px-3">
          <Skeleton className="h-3 flex-1" />
          <Skeleton className="h-3 w-20" />
          <Skeleton className="h-3 w-20" />
        </div>
      ))}
    </div>
  )
}
