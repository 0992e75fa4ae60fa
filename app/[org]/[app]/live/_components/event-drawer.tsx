'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useAppScope, useCan } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Button } from '#app/_ui/button.tsx'
import { CodeBlock } from '#app/_ui/copy.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { ErrorState, Skeleton } from '#app/_ui/states.tsx'
import type { LiveRow } from './use-live-events.ts'

const textOf = (value: unknown): string | null => (typeof value === 'string' && value !== '' ? value : null)

/**
 * One event's raw payload in a sheet at the right edge.
 * @param eventId null: closed
 * @param row the list's row of it, where the list still holds it; makes the look-up fast
 * @param onFilter narrows the list behind it
 */
export function EventDrawer({
  eventId,
  row,
  onClose,
  onFilter,
}: {
  eventId: string | null
  row: LiveRow | undefined
  onClose: () => void
  onFilter: (filter: { event?: string; country?: string; search?: string }) => void
}) {
  const trpc = useTRPC()
  const scope = useAppScope()
  const mayDecide = useCan('decisions:read')
  const hints = row ? { eventName: row.eventName, eventTime: row.eventTime } : {}
  const raw = useQuery(
    trpc.events.raw.queryOptions({ ...scope, eventId: eventId ?? '', ...hints }, { enabled: eventId !== null }),
  )
  const fields = raw.data?.fields ?? {}
  const deviceId = textOf(fields.device_id)
  const name = textOf(fields.event_name)
  const country = textOf(fields.country)
  const narrow = (filter: Parameters<typeof onFilter>[0]) => {
    onClose()
    onFilter(filter)
  }
  return (
    <Dialog
      side
      open={eventId !== null}
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title={name ?? row?.eventName ?? 'Event'}
      description="As it was stored; what was not sent is left out."
    >
      {raw.isPending ? (
        <div role="status" aria-label="Loading" className="flex flex-col gap-2">
          <Skeleton className="h-8 w-2/3" />
          <Skeleton className="h-64 w-full" />
        </div>
      ) : raw.isError ? (
        <ErrorState error={raw.error} retry={() => void raw.refetch()} />
      ) : (
        <div className="flex flex-col gap-3">
          <div className="flex flex-wrap gap-2">
            {mayDecide && deviceId && (
              <Button asChild size="sm">
                <Link href={`/${scope.org}/${scope.app}/installs/${encodeURIComponent(deviceId)}`}>
                  Why this install?
                </Link>
              </Button>
            )}
            {deviceId && (
              <Button size="sm" onClick={() => narrow({ search: deviceId })}>
                Only this device
              </Button>
            )}
            {name && (
              <Button size="sm" onClick={() => narrow({ event: name })}>
                Only {name}
              </Button>
            )}
            {country && (
              <Button size="sm" onClick={() => narrow({ country })}>
                Only {country}
              </Button>
            )}
          </div>
          <CodeBlock full snippets={[{ title: 'event', code: JSON.stringify(sent(fields), null, 2) }]} />
          {[
            { title: 'properties', text: raw.data.properties },
            { title: 'consent', text: raw.data.consent },
          ].map(({ title, text }) =>
            text && text !== '{}' ? (
              <section key={title}>
                <h3 className="pb-1 text-sm font-semibold">{title}</h3>
                <CodeBlock full snippets={[{ title, code: indented(text) }]} />
              </section>
            ) : null,
          )}
        </div>
      )}
    </Dialog>
  )
}

/** Without empty fields, which a device simply did not send. */
function sent(fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== '' && value !== null))
}

/** Indented only when that changes no value: a number past 2^53 would lose digits on the way through JavaScript. */
function indented(json: string): string {
  try {
    const parsed: unknown = JSON.parse(json)
    return JSON.stringify(parsed) === json ? JSON.stringify(parsed, null, 2) : json
  } catch {
    return json
  }
}
