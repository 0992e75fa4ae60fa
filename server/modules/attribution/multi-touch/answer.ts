import type { Credit, DataDrivenModel, MultiTouchModel } from '../models/index.ts'

/** What a model gives a channel. Money in the reporting currency; null where it cannot be known or is over nothing. */
export interface ModelFigures {
  /** The channel's share of the conversions; fractions of conversions are the nature of most models. */
  conversions: number
  value: number | null
  /** Value ÷ cost. */
  roas: number | null
  /** Cost ÷ conversions. */
  costPerConversion: number | null
}

/** One channel with what every model gives it. */
export interface MultiTouchRow {
  /** Tells rows apart, and the same channel in both answers. */
  key: string
  /** `organic`: conversions that no touch precedes; `other`: channels beyond the most frequent ones together. */
  kind: 'channel' | 'organic' | 'other'
  mediaSource: string
  /** Null above the level of the question. */
  campaign: string | null
  ad: string | null
  /** Imported costs of the range; null: none were imported, or not in a currency with a rate. */
  cost: number | null
  models: Partial<Record<MultiTouchModel, ModelFigures>>
}

/** Something the answer cannot know, and why. */
export interface MultiTouchMissing {
  figure: 'value' | 'cost' | 'roas' | DataDrivenModel
  reason:
    | 'installs_have_no_value'
    | 'no_revenue'
    | 'no_exchange_rate'
    | 'no_costs_imported'
    | 'not_in_your_access'
    | 'too_many_patterns'
  /** For a reader. */
  message: string
  /** Currencies without a rate. */
  currencies?: string[]
  /** Whether some rows have the figure all the same. */
  partial: boolean
}

/** Figures of a credit beside a cost. */
export function figures(credit: Credit, cost: number | null, valued: boolean): ModelFigures {
  const value = valued ? credit.value : null
  return {
    conversions: credit.conversions,
    value,
    roas: value === null || cost === null || cost <= 0 ? null : value / cost,
    costPerConversion: cost === null || credit.conversions <= 0 ? null : cost / credit.conversions,
  }
}

/** Rows in the order they are shown: by what the last touch model gives, then by name. */
export function inOrder(rows: readonly MultiTouchRow[]): MultiTouchRow[] {
  const weight = (row: MultiTouchRow) => row.models.last_touch?.conversions ?? 0
  return [...rows].sort((a, b) => weight(b) - weight(a) || (a.key < b.key ? -1 : 1))
}
