import type { AttributionSettings, Candidate, Priority, RankReason } from './types.ts'
import { MATCH_TIER } from './types.ts'

/** A touchpoint as it was judged, before it was compared with the others. */
export type Judged = Omit<Candidate, 'rank' | 'rankReason'>

interface Step {
  reason: RankReason
  /** Negative: `a` goes first. */
  compare(a: Judged, b: Judged): number
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b))
const typeRank = ({ touchpoint }: Judged): number => (touchpoint.touchpointType === 'click' ? 0 : 1)
const tier = ({ matchType }: Judged): number => (matchType === null ? 0 : MATCH_TIER[matchType])
const age = (a: Judged, b: Judged): number => b.touchpoint.touchpointTime - a.touchpoint.touchpointTime

const STEPS: Readonly<Record<Exclude<Priority, 'recency'>, Step>> = {
  touchpoint_type: { reason: 'view_after_click', compare: (a, b) => typeRank(a) - typeRank(b) },
  match_type: { reason: 'weaker_match', compare: (a, b) => tier(b) - tier(a) },
}
const RECENCY: Readonly<Record<AttributionSettings['model'], Step>> = {
  last_touch: { reason: 'older', compare: age },
  first_touch: { reason: 'newer', compare: (a, b) => age(b, a) },
}
/** No rule parts these two; an id does, so that every run decides alike. */
const TIE: Step = {
  reason: 'tie_broken_by_id',
  compare: (a, b) => byText(a.touchpoint.touchpointId, b.touchpoint.touchpointId),
}

function stepsOf({ priorities, model }: Pick<AttributionSettings, 'priorities' | 'model'>): readonly Step[] {
  return [...priorities.map((name) => (name === 'recency' ? RECENCY[model] : STEPS[name])), TIE]
}

/**
 * Puts judged touchpoints in the settings' order, eligible ones first, and says of each loser on which step it lost to the
 * best.
 */
export function rank(
  judged: readonly Judged[],
  settings: Pick<AttributionSettings, 'priorities' | 'model'>,
): Candidate[] {
  const steps = stepsOf(settings)
  const compare = (a: Judged, b: Judged): number => {
    if (a.eligible !== b.eligible) return a.eligible ? -1 : 1
    for (const step of steps) {
      const sign = step.compare(a, b)
      if (sign !== 0) return sign
    }
    return 0
  }
  const sorted = judged.toSorted(compare)
  const best = sorted[0]
  const lostOn = (one: Judged): RankReason | null => {
    if (best === undefined || best === one || !one.eligible) return null
    return (steps.find((step) => step.compare(best, one) !== 0) ?? TIE).reason
  }
  return sorted.map((one, index) => ({ ...one, rank: index + 1, rankReason: lostOn(one) }))
}

const CONTRIBUTORS = 3

/**
 * Touchpoints that helped: those of other media sources that could have won too, the most recent of each media source,
 * latest first, at most three.
 * @param candidates in rank order
 */
export function contributorsOf(candidates: readonly Candidate[], winner: Candidate | null): Candidate[] {
  if (winner === null) return []
  const latest = new Map<string, Candidate>()
  for (const one of candidates) {
    const { mediaSource, touchpointTime } = one.touchpoint
    if (!one.eligible || mediaSource === winner.touchpoint.mediaSource) continue
    const other = latest.get(mediaSource)
    if (other === undefined || other.touchpoint.touchpointTime < touchpointTime) latest.set(mediaSource, one)
  }
  return [...latest.values()].sort((a, b) => age(a, b) || TIE.compare(a, b)).slice(0, CONTRIBUTORS)
}
