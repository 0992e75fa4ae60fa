import { z } from 'zod'
import { calendarDay } from '#server/platform/days.ts'

/** Which dead letters are meant; days in the app's zone. */
export const letterSelection = z.object({
  code: z.string().max(100).optional(),
  kind: z.enum(['event', 'touchpoint']).optional(),
  from: calendarDay.optional(),
  to: calendarDay.optional(),
  /** Those that were taken at an earlier replay too. */
  again: z.boolean().default(false),
  cursor: z.string().max(2000).optional(),
})
export type LetterSelection = z.output<typeof letterSelection>

/** `ingestion.replayOne` */
export const replayOneInput = z.object({
  rejectedId: z.string().min(1).max(100),
  /** The corrected event or touchpoint as JSON text; absent: as it was sent. */
  raw: z
    .string()
    .trim()
    .min(1, { error: 'This is empty. Write the event as JSON.' })
    .max(64 * 1024, { error: 'This is longer than 64 KB. Shorten it.' })
    .optional(),
})

/** The windows of the ingestion page: their length and the width of a bar, in seconds. */
export const WINDOWS = {
  '1h': { seconds: 3_600, step: 60 },
  '24h': { seconds: 86_400, step: 900 },
  '7d': { seconds: 7 * 86_400, step: 3_600 },
} as const
export type Window = keyof typeof WINDOWS

/** `ingestion.overview` */
export const overviewInput = z.object({ window: z.enum(['1h', '24h', '7d']).default('24h') })
