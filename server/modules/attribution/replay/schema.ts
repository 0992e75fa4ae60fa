import { z } from 'zod'
import { calendarDay, checkRange } from '#server/platform/days.ts'
import { settingsFields } from '../schema.ts'

/** Shapes of what-if replays that the console's form and the router share. May travel to a browser. */

/** The longest period that is replayed at once, in days. */
export const LONGEST_PERIOD_DAYS = 400
/** Results that nobody keeps are removed so long after the replay's end, in days. */
export const KEPT_DAYS = 30

/** `discarded`: its results are removed; it is no longer listed. `adopted`: its settings became a version. */
export const REPLAY_STATUSES = ['queued', 'running', 'done', 'failed', 'cancelled', 'discarded', 'adopted'] as const
export type ReplayStatus = (typeof REPLAY_STATUSES)[number]

/** `replays.create`: which installs are decided again (days in the app's zone, `to` is not part of it), and under what. */
export const replayInput = z
  .object({
    name: z.string().trim().min(1, 'Give the what-if a name.').max(100, 'The name has more than 100 characters.'),
    from: calendarDay,
    to: calendarDay,
    settings: settingsFields,
  })
  .superRefine((input, ctx) => checkRange(input, ctx, LONGEST_PERIOD_DAYS))
export type ReplayInput = z.output<typeof replayInput>

/** `replays.get`, `replays.cancel`, `replays.discard`, `replays.comparison` */
export const replayIdInput = z.object({ id: z.string().min(1).max(64) })

/** `replays.keep` */
export const keepInput = replayIdInput.extend({ keep: z.boolean() })

/** `replays.adopt` */
export const adoptInput = replayIdInput.extend({
  /** The first day, in the app's zone, whose installs follow the settings. */
  from: calendarDay,
  /** The newest version that the person knows of; refused when somebody has saved one since. */
  overVersion: z.number().int().min(1),
})

/** What a finished replay came to, in one look. Counts are installs, reinstalls included. */
export const summarySchema = z.object({
  /** Installs that go to another media source; organic counts as one. */
  moved: z.number().int(),
  /** Installs that stay with their media source and go to another campaign of it. */
  movedCampaign: z.number().int(),
  /** Milliseconds from the first slice to the last, of the attempt that ended it. */
  tookMs: z.number(),
})
export type ReplaySummary = z.output<typeof summarySchema>
