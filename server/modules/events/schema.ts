import { z } from 'zod'
import { calendarDay } from '#server/platform/days.ts'

/** `events.live` */
export const liveInput = z.object({
  /** Only what was loaded after this answer. */
  after: z.string().max(2000).optional(),
  limit: z.number().int().min(1).max(500).default(100),
  filters: z
    .object({
      eventName: z.string().max(100).optional(),
      platform: z.enum(['ios', 'android', 'web']).optional(),
      country: z.string().max(2).optional(),
      environment: z.enum(['production', 'sandbox']).optional(),
      /** Part of a device id, event id, event name or customer user id, in any case. */
      search: z.string().max(200).optional(),
    })
    .default({}),
})
export type LiveInput = z.output<typeof liveInput>

/** `events.raw`; name and time, when the caller has them from a row, make the look-up instant. */
export const rawInput = z.object({
  eventId: z.string().min(1).max(100),
  eventName: z.string().max(100).optional(),
  eventTime: z.iso.datetime().optional(),
})

/** `events.rejected`; days in the app's zone. */
export const rejectedInput = z.object({
  from: calendarDay.optional(),
  to: calendarDay.optional(),
  code: z.string().max(100).optional(),
  kind: z.string().max(50).optional(),
  /** `open`: not taken at a replay yet; `replayed`: taken. */
  state: z.enum(['open', 'replayed']).optional(),
  cursor: z.string().max(2000).optional(),
  limit: z.number().int().min(1).max(500).default(50),
})
export type RejectedInput = z.output<typeof rejectedInput>
