import { z } from 'zod'
import { CSV_LIMIT } from '#server/platform/csv.ts'
import { calendarDay } from '#server/platform/days.ts'
import { currency } from '#server/platform/text.ts'

/** `rates.import` */
export const importInput = z.object({ csv: z.string().max(CSV_LIMIT, 'The file is larger than 5 MB. Split it.') })

/** One line: one unit of base costs `rate` units of quote on that day. */
export const rateLine = z
  .object({
    base: currency,
    quote: currency,
    day: calendarDay,
    rate: z
      .string()
      .regex(
        /^\d{1,12}(\.\d{1,12})?([eE][+-]?\d{1,2})?$/,
        'Write the rate as a number with a decimal point, such as 1.0837.',
      )
      .transform(Number)
      .refine((rate) => rate > 1e-12 && rate < 1e12, 'The rate must be greater than zero.'),
  })
  .refine((line) => line.base !== line.quote, { path: ['quote'], error: 'base and quote are the same currency.' })
