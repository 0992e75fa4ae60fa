import { z } from 'zod'
import { calendarDay, checkRange } from '#server/platform/days.ts'
import { timezone } from '#server/platform/text.ts'
import { DIMENSION_NAMES, METRIC_NAMES, OPERATORS } from '#server/query/index.ts'

const metric = z.enum(METRIC_NAMES, {
  error: (issue) => `There is no metric ${JSON.stringify(issue.input)}. Known: ${METRIC_NAMES.join(', ')}.`,
})
const dimension = z.enum(DIMENSION_NAMES, {
  error: (issue) => `There is no dimension ${JSON.stringify(issue.input)}. Known: ${DIMENSION_NAMES.join(', ')}.`,
})
const scalar = z.union([z.string().max(1000), z.number()]).transform(String)

const filter = z
  .object({
    dimension,
    operator: z.enum(OPERATORS, { error: `operator must be one of ${OPERATORS.join(', ')}.` }),
    value: z.union([scalar, z.array(scalar).max(1000)]),
  })
  .superRefine((given, ctx) => {
    const takesList = given.operator === 'in' || given.operator === 'not_in'
    if (takesList !== Array.isArray(given.value)) {
      const wanted = takesList ? 'a list of values' : 'one value'
      ctx.addIssue({ code: 'custom', path: ['value'], message: `${given.operator} takes ${wanted}.` })
    }
  })
  .transform(({ dimension: name, operator, value }) => ({
    dimension: name,
    operator,
    values: Array.isArray(value) ? value : [value],
  }))

const unique = <T>(list: readonly T[]) => new Set(list).size === list.length

/** A report as the console and the REST route ask for it. */
export const reportFields = {
  from: calendarDay.describe('First day, in timezone'),
  to: calendarDay.describe('Day after the last, in timezone'),
  timezone: timezone.optional().describe('IANA zone; the app’s own when absent'),
  metrics: z
    .array(metric)
    .min(1, 'Ask for at least one metric.')
    .max(METRIC_NAMES.length)
    .refine(unique, 'A metric is named twice.'),
  dimensions: z
    .array(dimension)
    .max(6, 'At most 6 dimensions.')
    .refine(unique, 'A dimension is named twice.')
    .default([]),
  filters: z.array(filter).max(30, 'At most 30 filters.').default([]),
  orderBy: z
    .array(z.object({ field: z.union([metric, dimension]), direction: z.enum(['asc', 'desc']).default('desc') }))
    .max(6)
    .default([]),
  limit: z.number().int().min(1).max(50_000, 'limit is at most 50000.').default(1000),
}

/** Rules over several fields. */
export function checkReport(
  input: {
    from: string
    to: string
    metrics: readonly string[]
    dimensions: readonly string[]
    orderBy: readonly { field: string }[]
  },
  ctx: z.core.$RefinementCtx,
): void {
  checkRange(input, ctx, input.dimensions.includes('hour') ? 93 : 732)
  input.orderBy.forEach(({ field }, index) => {
    if (input.metrics.includes(field) || input.dimensions.includes(field)) return
    ctx.addIssue({
      code: 'custom',
      path: ['orderBy', index, 'field'],
      message: `The report is ordered by ${field}, which it does not contain. Add it to metrics or dimensions.`,
    })
  })
}

const reportObject = z.object(reportFields)
export type ReportInput = z.output<typeof reportObject>

/** `reports.query` */
export const queryInput = z
  .object({ ...reportFields, compare: z.enum(['previous']).optional() })
  .superRefine(checkReport)

/** `POST /api/v1/reports/query` */
export const restQueryInput = z
  .strictObject({ app: z.string({ error: 'app is missing: the app’s id or slug.' }).min(1).max(64), ...reportFields })
  .superRefine(checkReport)

/** `reports.dimensionValues` */
export const dimensionValuesInput = z
  .object({
    dimension,
    search: z.string().max(200).optional(),
    from: calendarDay,
    to: calendarDay,
    limit: z.number().int().min(1).max(1000).default(200),
  })
  .superRefine((input, ctx) => checkRange(input, ctx))
