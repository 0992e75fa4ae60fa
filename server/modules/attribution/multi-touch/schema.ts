import { z } from 'zod'
import { calendarDay, checkRange } from '#server/platform/days.ts'
import { timezone } from '#server/platform/text.ts'
import { appName } from '#server/procedure/index.ts'

/** The levels at which touches are told apart, from the top. */
export const LEVELS = ['media_source', 'campaign', 'ad'] as const
export type Level = (typeof LEVELS)[number]

const days = (name: string, least: number, most: number) =>
  z
    .number({ error: `${name} must be a number of days.` })
    .min(least, `${name} is at least ${least}.`)
    .max(most, `${name} is at most ${most}.`)
const weight = z
  .number({ error: 'A weight must be a number from 0 to 1.' })
  .min(0, 'A weight is at least 0.')
  .max(1, 'A weight is at most 1.')

const fields = {
  from: calendarDay.describe('First day of the conversions, in timezone'),
  to: calendarDay.describe('Day after the last, in timezone'),
  timezone: timezone.optional().describe('IANA zone; the app’s own when absent'),
  conversion: z
    .string({ error: 'conversion must be the name of an event; install stands for new installs.' })
    .trim()
    .min(1, 'Name the conversion: install, or an event.')
    .max(100, 'An event’s name has at most 100 characters.')
    .refine((name) => !name.includes('\0'), { error: 'An event’s name has no NUL character.' })
    .default('install')
    .describe('`install` for new installs, or the name of an in-app event, each of which is a conversion'),
  level: z
    .enum(LEVELS, { error: `level must be one of ${LEVELS.join(', ')}.` })
    .default('media_source')
    .describe('What touches are told apart by; a campaign is one of its media source, an ad one of its campaign'),
  touches: z
    .enum(['clicks', 'clicks_and_views'], { error: 'touches must be clicks or clicks_and_views.' })
    .default('clicks_and_views'),
  lookbackDays: days('lookbackDays', 1, 90).default(30).describe('How long before a conversion a touch may be'),
  halfLifeDays: days('halfLifeDays', 0.1, 90).default(7).describe('Days in which a touch loses half its weight'),
  positionWeights: z
    .object({ first: weight, middle: weight, last: weight }, { error: 'positionWeights has first, middle and last.' })
    .refine(({ first, middle, last }) => Math.abs(first + middle + last - 1) < 1e-6, {
      error: 'The weights of first, middle and last must add up to 1.',
    })
    // 0.333 + 0.333 + 0.334 may miss 1 by a bit, and every conversion would with it.
    .transform(({ first, middle, last }) => {
      const sum = first + middle + last
      return { first: first / sum, middle: middle / sum, last: last / sum }
    })
    .default({ first: 0.4, middle: 0.2, last: 0.4 }),
  markovOrder: z
    .union([z.literal(1), z.literal(2), z.literal(3)], { error: 'markovOrder is 1, 2 or 3.' })
    .default(1)
    .describe('How many touches before the next one the Markov chain remembers'),
}

const MOST_DAYS = 366

/** What the console asks; organization and app come from the procedure. */
export const multiTouchInput = z.object(fields).superRefine((input, ctx) => checkRange(input, ctx, MOST_DAYS))

const plain = z.object(fields)
export type MultiTouchInput = z.output<typeof plain>

/** `POST /api/v1/multi-touch/query` */
export const restMultiTouchInput = z
  .strictObject({ app: appName, ...fields })
  .superRefine((input, ctx) => checkRange(input, ctx, MOST_DAYS))
