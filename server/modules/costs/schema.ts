import { z } from 'zod'
import { CSV_LIMIT } from '#server/platform/csv.ts'
import { calendarDay } from '#server/platform/days.ts'
import { currency, text } from '#server/platform/text.ts'

/** `costs.import` */
export const importInput = z.object({ csv: z.string().max(CSV_LIMIT, 'The file is larger than 5 MB. Split it.') })

const name = (what: string) => text(what, 200, 0).default('')

/** One line: what one day of a campaign, ad set or ad cost, in one country or in all. */
export const costLine = z.object({
  day: calendarDay,
  media_source: text('media_source', 200),
  campaign: name('campaign'),
  ad_set: name('ad_set'),
  ad: name('ad'),
  country: z
    .string()
    .trim()
    .toUpperCase()
    .regex(/^([A-Z]{2})?$/, 'Write the country as two letters (ISO 3166), or leave it empty.')
    .default(''),
  // Kept as text: a Decimal holds what a JavaScript number would round.
  cost: z
    .string()
    .regex(
      /^-?\d{1,11}(\.\d{1,6})?$/,
      'Write the cost as a number with a decimal point and at most 6 decimals, such as 12.50.',
    ),
  currency,
})
