import { AppError } from '#server/platform/errors.ts'
import { appProcedure, router } from '#server/procedure/index.ts'
import { liveEvents, newestEvent } from './live.ts'
import { eventNames, rawEvent } from './raw.ts'
import { rejectedEvents } from './rejected.ts'
import { liveInput, rawInput, rejectedInput } from './schema.ts'

const origin = (requestId: string, signal: AbortSignal | undefined) => ({
  surface: 'events',
  requestId,
  ...(signal ? { signal } : {}),
})

/** Events of an app as they arrive, in full, and those that were refused. Times are RFC 3339 in UTC. */
export const eventsRouter = router({
  /** The newest events, or those since a cursor. */
  live: appProcedure({ permission: 'events:read' })
    .input(liveInput)
    .query(({ ctx, input, signal }) => liveEvents(ctx.scope, input, origin(ctx.requestId, signal))),
  /** One event with every stored field. @throws not_found */
  raw: appProcedure({ permission: 'events:read' })
    .input(rawInput)
    .query(async ({ ctx, input: { eventId, ...hints }, signal }) => {
      const event = await rawEvent(ctx.scope, eventId, hints, origin(ctx.requestId, signal))
      if (!event) throw new AppError('not_found', 'This app has no such event.', { field: 'eventId' })
      return event
    }),
  /** The event that arrived last, or null: for "waiting for your first event". */
  first: appProcedure({ permission: 'events:read' }).query(({ ctx, signal }) =>
    newestEvent(ctx.scope, origin(ctx.requestId, signal)),
  ),
  /** Refused events and touchpoints, newest first, with how many there are. */
  rejected: appProcedure({ permission: 'events:read' })
    .input(rejectedInput)
    .query(({ ctx, input, signal }) =>
      rejectedEvents(ctx.scope, ctx.app.timezone, input, origin(ctx.requestId, signal)),
    ),
  /** The names of the app's events, as reports have them too: for whoever chooses one of them as a conversion. */
  names: appProcedure({ permission: 'reports:read' }).query(({ ctx, signal }) =>
    eventNames(ctx.scope, origin(ctx.requestId, signal)),
  ),
})
