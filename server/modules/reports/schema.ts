import { z } from 'zod'
import { calendarDay, checkRange } from '#server/platform/days.ts'
import { timezone } from '#server/platform/text.ts'
import { appName } from '#server/procedure/index.ts'
import { DIMENSION_NAMES, METRIC_NAMES, OPERATORS } from '#server/query/index.ts'

const metric = z.enum(METRIC_NAMES, {
  error: ({ input }) =>
    typeof input === 'string'
      ? `There is no metric ${JSON.stringify(input)}. Known: ${METRIC_NAMES.join(', ')}.`
      : 'Name each metric as text.',
})
const dimension = z.enum(DIMENSION_NAMES, {
  error: ({ input }) =>
    typeof input === 'string'
      ? `There is no dimension ${JSON.stringify(input)}. Known: ${DIMENSION_NAMES.join(', ')}.`
      : 'Name each dimension as text.',
})
const VALUE = 'value must be text of at most 1000 characters or a number, or a list of up to 1000 of these.'
const scalar = z.union([z.string().max(1000), z.number()], { error: VALUE }).transform(String)
const whole = (name: string, least: number, most: number) =>
  z
    .number({ error: `${name} must be a whole number.` })
    .int(`${name} must be a whole number.`)
    .min(least, `${name} is at least ${least}.`)
    .max(most, `${name} is at most ${most}.`)

const filter = z
  .object({
    dimension,
    operator: z.enum(OPERATORS, { error: `operator must be one of ${OPERATORS.join(', ')}.` }),
    value: z.union([scalar, z.array(scalar).max(1000)], { error: VALUE }),
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
    .array(metric, {
      error: ({ input }) =>
        input === undefined ? 'metrics is missing: a list of metrics.' : 'metrics must be a list of metrics.',
    })
    .min(1, 'Ask for at least one metric.')
    .max(METRIC_NAMES.length, 'A metric is named twice.')
    .refine(unique, 'A metric is named twice.'),
  dimensions: z
    .array(dimension, { error: 'dimensions must be a list of dimensions.' })
    .max(6, 'At most 6 dimensions.')
    .refine(unique, 'A dimension is named twice.')
    .default([]),
  filters: z.array(filter, { error: 'filters must be a list of objects.' }).max(30, 'At most 30 filters.').default([]),
  orderBy: z
    .array(
      z.object({
        field: z.union([metric, dimension], { error: 'field must be a metric or a dimension of the report.' }),
        direction: z.enum(['asc', 'desc'], { error: 'direction must be asc or desc.' }).default('desc'),
      }),
      { error: 'orderBy must be a list of objects with field and direction.' },
    )
    .max(6, 'At most 6 fields to order by.')
    .default([]),
  limit: whole('limit', 1, 50_000).default(1000),
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
export const restQueryInput = z.strictObject({ app: appName, ...reportFields }).superRefine(checkReport)

/** `reports.dimensionValues` */
export const dimensionValuesInput = z
  .object({
    dimension,
    search: z.string().max(200).optional(),
    from: calendarDay,
    to: calendarDay,
    limit: whole('limit', 1, 1000).default(200),
  })
  .superRefine((input, ctx) => checkRange(input, ctx))
