import { describe, expect, it } from 'vitest'
import { AppError } from '#server/platform/errors.ts'
import { restInput } from '#server/procedure/index.ts'
import { multiTouchInput, restMultiTouchInput } from './schema.ts'

const GOOD = { app: 'shop', from: '2026-10-01', to: '2026-10-08' }

/** Message and field that a REST caller reads. */
function said(more: object): [message: string, field: string | undefined] {
  try {
    restInput({ ...GOOD, ...more }, restMultiTouchInput)
  } catch (error) {
    if (error instanceof AppError) return [error.message, error.field]
    throw error
  }
  throw new Error('accepted')
}
const weights = (first: number, middle: number, last: number) => ({ positionWeights: { first, middle, last } })

describe('a question over REST', () => {
  it('has the field’s usual parameters where it does not say any', () => {
    expect(restInput(GOOD, restMultiTouchInput)).toEqual({
      ...GOOD,
      ...{ conversion: 'install', level: 'media_source', touches: 'clicks_and_views' },
      ...{ lookbackDays: 30, halfLifeDays: 7, markovOrder: 1 },
      ...weights(0.4, 0.2, 0.4),
    })
  })

  it.each<[string, object, string, RegExp]>([
    ['a conversion without a name', { conversion: ' ' }, 'conversion', /install, or an event/],
    ['a conversion that is no text', { conversion: 7 }, 'conversion', /name of an event/],
    ['a conversion of a hundred and one characters', { conversion: 'x'.repeat(101) }, 'conversion', /at most 100/],
    ['a conversion with a NUL', { conversion: 'a\0b' }, 'conversion', /NUL/],
    ['a window of no days', { lookbackDays: 0 }, 'lookbackDays', /^lookbackDays is at least 1/],
    ['a window of a year', { lookbackDays: 365 }, 'lookbackDays', /^lookbackDays is at most 90/],
    ['a window in words', { lookbackDays: '30' }, 'lookbackDays', /^lookbackDays must be a number/],
    ['a half-life of no days', { halfLifeDays: 0 }, 'halfLifeDays', /^halfLifeDays is at least 0.1/],
    ['weights that do not add up', weights(0.4, 0.4, 0.4), 'positionWeights', /must add up to 1/],
    ['a weight below nothing', weights(-0.1, 0.6, 0.5), 'positionWeights.first', /at least 0/],
    ['a weight that is missing', { positionWeights: { first: 0.5, last: 0.5 } }, 'positionWeights.middle', /number/],
    ['weights as text', { positionWeights: '40/20/40' }, 'positionWeights', /first, middle and last/],
    ['a chain of fourth order', { markovOrder: 4 }, 'markovOrder', /1, 2 or 3/],
    ['a level that there is not', { level: 'creative' }, 'level', /media_source, campaign, ad/],
    ['touches of another kind', { touches: 'views' }, 'touches', /clicks or clicks_and_views/],
    ['days in reverse', { from: '2026-10-08', to: '2026-10-01' }, 'to', /later day than from/],
    ['no days', { to: '2026-10-01' }, 'to', /later day than from/],
    ['ten years', { from: '2016-10-01', to: '2026-10-01' }, 'to', /3652 days; ask for at most 366/],
    ['a day that there is not', { from: '2026-02-30' }, 'from', /no day 2026-02-30/],
    ['no first day', { from: undefined }, 'from', /missing/],
    ['a zone that there is not', { timezone: 'Mars/Olympus' }, 'timezone', /./],
    ['no app', { app: undefined }, 'app', /app is missing/],
  ])('with %s is refused with the field', (_name, more, field, message) => {
    const [words, named] = said(more)
    expect(named).toBe(field)
    expect(words).toMatch(message)
    expect(words).not.toMatch(/Invalid|expected|received/)
  })

  it('with a field that there is not is refused by its name', () => {
    expect(said({ lookback: 7 })).toEqual(['There is no field "lookback". Remove it or correct its name.', undefined])
  })
})

describe('position weights', () => {
  it('that miss 1 by a rounding are made to add up', () => {
    const { positionWeights } = multiTouchInput.parse({ ...GOOD, ...weights(0.3333333, 0.3333333, 0.3333333) })
    expect(positionWeights.first + positionWeights.middle + positionWeights.last).toBeCloseTo(1, 15)
  })
})
