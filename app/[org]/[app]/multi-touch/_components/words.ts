import type { Outputs } from '#app/_lib/trpc/types.ts'
import type { Column } from '#app/_ui/table/index.ts'

/** A row of the comparison as the server answers it. */
export type ModelRow = Outputs['multiTouch']['touchModels']['rows'][number]
export type Credit = NonNullable<ModelRow['models']['linear']>
export type Model = keyof ModelRow['models']
export type Parameters = {
  halfLifeDays: number
  positionWeights: { first: number; middle: number; last: number }
  markovOrder: number
}

/** The models in the order they are shown: by place first, then those that learn from the data. */
export const MODELS: readonly Model[] = [
  'first_touch',
  'last_touch',
  'linear',
  'time_decay',
  'position_based',
  'markov',
  'markov_with_nulls',
  'shapley',
]
const DATA_DRIVEN: readonly Model[] = ['markov', 'markov_with_nulls', 'shapley']
export const isDataDriven = (model: Model): boolean => DATA_DRIVEN.includes(model)

/** A colour per model, the same in every chart. */
export const colourOf = (model: Model): string => `var(--series-${MODELS.indexOf(model) + 1})`

const percent = (share: number) => `${Math.round(share * 1000) / 10}%`

/** What a model is called and how it shares, for its head's definition. */
export function describeModel(model: Model, parameters: Parameters): { title: string; description: string } {
  const { halfLifeDays, positionWeights: weights, markovOrder } = parameters
  const memory = markovOrder === 1 ? 'the last touch' : `the last ${markovOrder} touches`
  const markov = `What comes next depends on ${memory}. Each source counts by the share of conversions that would be lost if everybody who reached it went away; these shares are scaled to all conversions.`
  const words: Record<Model, [string, string]> = {
    first_touch: ['First touch', 'The touch that opened the path gets the whole conversion.'],
    last_touch: ['Last touch', 'The last touch before the conversion gets all of it.'],
    linear: ['Linear', 'Every touch gets the same share; a source touched twice gets two.'],
    time_decay: [
      'Time decay',
      `A touch counts half for every ${halfLifeDays} days that it lies before the conversion.`,
    ],
    position_based: [
      'Position based',
      `${percent(weights.first)} to the first touch, ${percent(weights.last)} to the last, ${percent(weights.middle)} evenly to those between. Two touches share evenly.`,
    ],
    markov: ['Markov', `${markov} Learned from the paths that converted.`],
    markov_with_nulls: ['Markov with nulls', `${markov} Learned also from the paths that never converted.`],
    shapley: [
      'Shapley',
      'Each path’s conversion is shared evenly among the different sources in it, in whatever order.',
    ],
  }
  const [title, description] = words[model]
  return { title, description }
}

/** Why models could not be solved: a line for each reason, with the models that it is true of. */
export function unsolvedWords(
  missing: Outputs['multiTouch']['dataDriven']['missing'],
  parameters: Parameters,
): string[] {
  const reasons = [...new Set(missing.map(({ message }) => message))]
  return reasons.map((reason) => {
    const models = DATA_DRIVEN.filter((model) => missing.some((one) => one.figure === model && one.message === reason))
    return `${models.map((model) => describeModel(model, parameters).title).join(' and ')}: ${reason}`
  })
}

export const MEASURES = ['conversions', 'value', 'roas', 'costPerConversion'] as const
export type Measure = (typeof MEASURES)[number]
export const MEASURE_TITLES: Record<Measure, string> = {
  conversions: 'Conversions',
  value: 'Value',
  roas: 'ROAS',
  costPerConversion: 'Cost per conversion',
}

/** What a row is called; below the top level with its parents. */
export function rowName(row: Pick<ModelRow, 'kind' | 'mediaSource' | 'campaign' | 'ad'>): string {
  if (row.kind === 'organic') return 'Organic (no touch)'
  if (row.kind === 'other') return 'All others'
  const text = (part: string) => part || '(none)'
  return [row.mediaSource, row.campaign, row.ad].flatMap((part) => (part === null ? [] : text(part))).join(' › ')
}

/** Puts the data-driven models' credits beside the others, with the same cost. */
export function joined(
  rows: readonly ModelRow[],
  driven: Outputs['multiTouch']['dataDriven'] | undefined,
  valued: boolean,
): ModelRow[] {
  if (!driven) return [...rows]
  const unsolved = driven.missing.map(({ figure }) => figure)
  const credits = new Map(driven.rows.map((row) => [row.key, row.credits]))
  return rows.map((row) => {
    const own = (model: 'markov' | 'markov_with_nulls' | 'shapley'): Partial<ModelRow['models']> => {
      if (unsolved.includes(model)) return {}
      const { conversions, value } = credits.get(row.key)?.[model] ?? { conversions: 0, value: 0 }
      return {
        [model]: {
          conversions,
          value: valued ? value : null,
          roas: valued && row.cost !== null && row.cost > 0 ? value / row.cost : null,
          costPerConversion: row.cost !== null && conversions > 0 ? row.cost / conversions : null,
        },
      }
    }
    return { ...row, models: { ...row.models, ...own('markov'), ...own('markov_with_nulls'), ...own('shapley') } }
  })
}

/** The whole comparison for a spreadsheet: every model in every measure, unrounded; unknown is empty. */
export function exportColumns(level: 'media_source' | 'campaign' | 'ad'): Column<ModelRow>[] {
  const parts: Column<ModelRow>[] = [
    { id: 'media_source', title: 'media_source', value: (row) => row.mediaSource },
    { id: 'campaign', title: 'campaign', value: (row) => row.campaign },
    { id: 'ad', title: 'ad', value: (row) => row.ad },
  ]
  const figures = MODELS.flatMap((model) =>
    MEASURES.map((figure): Column<ModelRow> => {
      const id = `${model}_${figure === 'costPerConversion' ? 'cost_per_conversion' : figure}`
      return { id, title: id, number: true, value: (row) => row.models[model]?.[figure] ?? null }
    }),
  )
  return [
    ...parts.slice(0, { media_source: 1, campaign: 2, ad: 3 }[level]),
    { id: 'cost', title: 'cost', number: true, value: (row) => row.cost },
    ...figures,
  ]
}

const NUMBER = /^\d{1,3}(\.\d)?$/

/** Position weights as people write them, `40/20/40`; null when they are not three that add up to 100. */
export function readWeights(text: string): { first: number; middle: number; last: number } | null {
  const parts = text.split('/').map((part) => part.trim())
  const [first, middle, last, more] = parts
  if (!first || !middle || !last || more !== undefined || !parts.every((part) => NUMBER.test(part))) return null
  const sum = Number(first) + Number(middle) + Number(last)
  if (Math.abs(sum - 100) > 1e-6) return null
  return { first: Number(first) / 100, middle: Number(middle) / 100, last: Number(last) / 100 }
}
