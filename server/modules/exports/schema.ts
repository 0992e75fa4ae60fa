import { z } from 'zod'
import { calendarDay, checkRange } from '#server/platform/days.ts'
import { timezone } from '#server/platform/text.ts'
import { appName } from '#server/procedure/index.ts'

export const EXPORT_KINDS = ['installs', 'events', 'touchpoints', 'decisions', 'rejected'] as const
export type ExportKind = (typeof EXPORT_KINDS)[number]

/** The path's `{kind}`. */
export const exportKind = z.enum(EXPORT_KINDS, { error: `kind must be one of ${EXPORT_KINDS.join(', ')}.` })

/** The query string of `GET /api/v1/exports/{kind}`. */
export const exportInput = z
  .strictObject({
    app: appName,
    from: calendarDay.describe('First day, in timezone'),
    to: calendarDay.describe('Day after the last, in timezone'),
    timezone: timezone.optional().describe('IANA zone; the app’s own when absent'),
    format: z.enum(['csv', 'ndjson', 'parquet'], { error: 'format must be csv, ndjson or parquet.' }).default('csv'),
    limit: z.coerce
      .number({ error: 'limit must be a whole number.' })
      .int('limit must be a whole number.')
      .min(1, 'limit is at least 1.')
      .max(1_000_000, 'limit is at most 1000000.')
      .optional()
      .describe('Rows of a page, in order of time; all rows at once when absent'),
    cursor: z.string().max(2000).optional().describe('x-next-cursor of the page before'),
  })
  .superRefine((input, ctx) => checkRange(input, ctx, 3660))
export type ExportInput = z.output<typeof exportInput>
