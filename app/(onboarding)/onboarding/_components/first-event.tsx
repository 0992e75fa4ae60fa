'use client'
import { useQuery } from '@tanstack/react-query'
import Link from 'next/link'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { describeError } from '#app/_ui/states.tsx'

const EVERY_MS = 1000

/** Waits for the app's first event, asks once a second, and turns into the event when it is there. */
export function FirstEvent({ org, app, timezone }: { org: string; app: string; timezone: string }) {
  const trpc = useTRPC()
  const first = useQuery({
    ...trpc.events.first.queryOptions({ org, app }),
    refetchInterval: (query) => (query.state.data ? false : EVERY_MS),
    staleTime: 0,
  })
  const event = first.data
  const refused = useQuery({
    ...trpc.events.rejected.queryOptions({ org, app, limit: 1 }),
    enabled: !event,
    refetchInterval: 3 * EVERY_MS,
    staleTime: 0,
  })
  const rejected = event ? undefined : refused.data?.rows[0]
  const console_ = `/${org}/${app}`
  return (
    <section aria-label="First event" className="ui-card flex flex-col gap-3 p-5">
      <div role="status" className="flex flex-col gap-3">
        {event ? (
          <>
            <p className="flex flex-wrap items-center gap-2 text-base font-semibold">
              <Badge tone="positive">Received</Badge> Your first event is here
            </p>
            <dl className="grid grid-cols-[auto_1fr] gap-x-4 gap-y-1 text-sm">
              <Row name="Event" value={event.eventName} />
              <Row name="Device" value={event.deviceId} />
              <Row name="Platform" value={event.platform} />
              <Row name="Country" value={event.country || 'unknown'} />
              {event.revenue !== null && <Row name="Revenue" value={`${event.revenue} ${event.currency}`} />}
              <Row name="Time" value={`${timeIn(timezone, event.eventTime)} (${timezone})`} />
            </dl>
          </>
        ) : (
          <p className="flex items-center gap-2 text-base font-semibold">
            <span aria-hidden className="size-2.5 animate-pulse rounded-full bg-accent motion-reduce:animate-none" />
            Waiting for your first event
          </p>
        )}
      </div>
      {rejected && (
        <p role="alert" className="rounded-md bg-warning-soft px-3 py-2 text-sm text-warning">
          An event arrived and was refused: {rejected.message}
          {rejected.field && ` (field ${rejected.field})`}
        </p>
      )}
      {first.isError && !event && (
        <p role="alert" className="text-sm text-negative">
          {describeError(first.error).message}
        </p>
      )}
      <div className="flex flex-wrap items-center gap-3">
        <Button asChild variant={event ? 'primary' : 'secondary'} size="lg">
          <Link href={console_}>Open the console</Link>
        </Button>
        {!event && <span className="text-sm text-muted">You can also come back later; the key stays valid.</span>}
      </div>
    </section>
  )
}

function Row({ name, value }: { name: string; value: string }) {
  return (
    <>
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0 font-mono break-all">{value}</dd>
    </>
  )
}

const timeIn = (timeZone: string, time: string) =>
  new Intl.DateTimeFormat('en', { timeZone, dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(time))
