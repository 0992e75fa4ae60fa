import { describe, expect, it } from 'vitest'
import { toCsv } from '#app/_ui/table/index.ts'
import { exportColumns, joined, type ModelRow, readWeights, rowName, unsolvedWords } from './words.ts'

const credit = { conversions: 1, value: 10, roas: 2, costPerConversion: 5 }
const row = (more: Partial<ModelRow> = {}): ModelRow => ({
  key: ':ads',
  kind: 'channel',
  mediaSource: 'ads',
  campaign: null,
  ad: null,
  cost: 5,
  models: { linear: credit },
  ...more,
})

describe('readWeights', () => {
  it('reads three percentages that add up to 100', () => {
    expect(readWeights('40/20/40')).toEqual({ first: 0.4, middle: 0.2, last: 0.4 })
    expect(readWeights(' 33.3 / 33.3 / 33.4 ')?.last).toBeCloseTo(0.334)
  })

  it.each(['', '50/50', '40/20/41', '40/20/40/0', '-10/100/10', 'a/b/c', '1e2/0/0'])('refuses %j', (text) => {
    expect(readWeights(text)).toBeNull()
  })
})

describe('joined', () => {
  const driven = {
    rows: [{ key: ':ads', credits: { markov: { conversions: 4, value: 20 }, shapley: { conversions: 2, value: 8 } } }],
    nulls: 3,
    missing: [{ figure: 'markov' as const, reason: 'too_many_patterns' as const, message: '', partial: false }],
  }

  it('puts credits beside a row with its cost, zero where a model gives nothing', () => {
    const [ads, mail] = joined([row(), row({ key: ':mail', cost: null })], driven, true)
    expect(ads?.models.shapley).toEqual({ conversions: 2, value: 8, roas: 1.6, costPerConversion: 2.5 })
    expect(mail?.models.shapley).toEqual({ conversions: 0, value: 0, roas: null, costPerConversion: null })
  })

  it('leaves out a model that could not be solved, and values that are not known', () => {
    const [ads] = joined([row()], driven, false)
    expect(ads?.models.markov).toBeUndefined()
    expect(ads?.models.shapley?.value).toBeNull()
  })
})

describe('unsolvedWords', () => {
  const parameters = { halfLifeDays: 7, positionWeights: { first: 0.4, middle: 0.2, last: 0.4 }, markovOrder: 1 }
  const unsolved = (figure: 'markov' | 'markov_with_nulls', message: string) => ({
    ...{ figure, message, reason: 'too_many_patterns' as const, partial: false },
  })

  it('names the models that could not be solved, and those of one reason together', () => {
    const nulls = unsolved('markov_with_nulls', 'Too many states.')
    expect(unsolvedWords([nulls], parameters)).toEqual(['Markov with nulls: Too many states.'])
    const both = [unsolved('markov', 'Too many states.'), nulls]
    expect(unsolvedWords(both, parameters)).toEqual(['Markov and Markov with nulls: Too many states.'])
    expect(unsolvedWords([unsolved('markov', 'Other.'), nulls], parameters)).toHaveLength(2)
  })
})

describe('exportColumns', () => {
  it('names every model in every measure beside the parts of the level', () => {
    const text = toCsv([row({ campaign: 'summer' })], exportColumns('campaign'))
    const [head = '', first = ''] = text.split('\r\n')
    expect(head.split(',').slice(0, 7)).toEqual([
      'media_source',
      'campaign',
      'cost',
      'first_touch_conversions',
      'first_touch_value',
      'first_touch_roas',
      'first_touch_cost_per_conversion',
    ])
    expect(head.split(',')).toHaveLength(3 + 8 * 4)
    expect(first.startsWith('ads,summer,5,,,,,,,,,1,10,2,5')).toBe(true)
  })
})

describe('rowName', () => {
  it('says whose row it is, parents first', () => {
    expect(rowName(row({ campaign: 'summer', ad: '' }))).toBe('ads › summer › (none)')
    expect(rowName(row({ kind: 'organic' }))).toBe('Organic (no touch)')
  })
})
