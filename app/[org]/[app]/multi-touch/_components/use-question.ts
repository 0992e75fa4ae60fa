'use client'
import { parseAsFloat, parseAsInteger, parseAsString, parseAsStringLiteral, useQueryStates } from 'nuqs'
import { readWeights } from './words.ts'

export const LEVELS = ['media_source', 'campaign', 'ad'] as const
const within = (value: number, least: number, most: number, otherwise: number) =>
  value >= least && value <= most ? value : otherwise

/** What the page asks, as the URL says it, and how to change it. What the URL says wrongly counts as not said. */
export function useQuestion() {
  const [state, set] = useQueryStates({
    conversion: parseAsString.withDefault('install'),
    level: parseAsStringLiteral(LEVELS).withDefault('media_source'),
    touches: parseAsStringLiteral(['clicks', 'clicks_and_views']).withDefault('clicks_and_views'),
    lookback: parseAsInteger.withDefault(30),
    half_life: parseAsFloat.withDefault(7),
    position: parseAsString.withDefault('40/20/40'),
    order: parseAsInteger.withDefault(1),
  })
  const order = state.order === 2 || state.order === 3 ? state.order : 1
  return {
    state,
    set,
    question: {
      conversion: state.conversion.trim().slice(0, 100) || 'install',
      level: state.level,
      touches: state.touches,
      lookbackDays: within(state.lookback, 1, 90, 30),
      halfLifeDays: within(state.half_life, 0.1, 90, 7),
      positionWeights: readWeights(state.position) ?? { first: 0.4, middle: 0.2, last: 0.4 },
      markovOrder: order as 1 | 2 | 3,
    },
  }
}
export type Question = ReturnType<typeof useQuestion>
