import { durationWords } from '#app/_lib/attribution/durations.ts'
import { fateWords } from '../../_components/fate.ts'
import { type Candidate, type Decision, type Reengagement, sourceWords } from '../../_components/words.ts'

/** One thing that happened on the way to an install or after it. */
export interface Moment {
  key: string
  /** RFC 3339. */
  at: string
  kind: 'click' | 'view' | 'store' | 'download' | 'install' | 'arrival' | 'decision' | 'settled' | 'return'
  title: string
  detail: string
  tone: 'won' | 'assisted' | 'lost' | 'fact'
}

/** Touchpoints shown at once: more would hide the install among them. */
const SHOWN = 12

/** A device's clock may run ahead of ours, and then the event arrives before it happened. */
function arrivalWords(delayMs: number): string {
  if (Math.abs(delayMs) < 1000) return 'At once'
  return delayMs > 0 ? `${durationWords(delayMs)} later` : `The device’s clock is ${durationWords(delayMs)} ahead.`
}

function touchMoment(one: Candidate, { winner, contributors }: Decision): Moment {
  const won = one.touchpoint_id === winner?.touchpoint_id
  const assisted = contributors.some(({ touchpoint_id }) => touchpoint_id === one.touchpoint_id)
  const fate = fateWords(one, winner)
  return {
    key: `touch ${one.touchpoint_id}`,
    at: one.touchpoint_time,
    kind: one.touchpoint_type,
    title: `${one.touchpoint_type === 'click' ? 'Click' : 'View'} from ${one.media_source}`,
    detail: `${one.campaign ? `${one.campaign}. ` : ''}${assisted ? `Assisted. ${fate}` : fate}`,
    tone: won ? 'won' : assisted ? 'assisted' : 'lost',
  }
}

/** The touchpoints that explain most: the winner, those that assisted, then by rank. */
function telling({ winner, contributors, candidates }: Decision): Candidate[] {
  const first = new Map([winner, ...contributors].flatMap((one) => (one ? [[one.touchpoint_id, one] as const] : [])))
  return [...first.values(), ...candidates.filter((one) => !first.has(one.touchpoint_id))]
}

/**
 * Everything known about the way to an install and what came after, oldest first.
 * @param all false: only the touchpoints that explain most
 * @param now Unix milliseconds: what lies after it has yet to come
 * @returns with how many touchpoints were left out
 */
export function momentsOf(
  decision: Decision,
  reengagements: readonly Reengagement[],
  all: boolean,
  now: number,
): { moments: Moment[]; hidden: number } {
  const { install } = decision
  const touches = telling(decision)
  const shown = all ? touches : touches.slice(0, SHOWN)
  const fact = (kind: Moment['kind'], at: string | null, title: string, detail = ''): Moment[] =>
    at === null ? [] : [{ key: kind, at, kind, title, detail, tone: 'fact' }]
  const delay = Date.parse(install.received_at) - Date.parse(install.install_time)
  const moments = [
    ...shown.map((one) => touchMoment(one, decision)),
    ...fact(
      'store',
      install.referrer_click_time_server ?? install.referrer_click_time,
      'Sent to the store, as the store reports it',
    ),
    ...fact(
      'download',
      install.install_begin_time_server ?? install.install_begin_time,
      'Download began, as the store reports it',
    ),
    ...fact('install', install.install_time, 'First opened: the install', install.country ?? ''),
    ...fact('arrival', install.received_at, 'Install event arrived', arrivalWords(delay)),
    ...fact('decision', decision.decidedAt, 'Decided', `Decision ${decision.version}`),
    ...fact(
      'settled',
      decision.settlesAt,
      Date.parse(decision.settlesAt) > now ? 'Will be settled' : 'Settled',
      'Later arrivals count only where the install itself names them.',
    ),
    ...reengagements.map(
      (one): Moment => ({
        key: `return ${one.conversion_id}`,
        at: one.conversion_time,
        kind: 'return',
        title: 'Came back: a re-engagement',
        detail: one.winner ? `By a click from ${sourceWords(one.winner)}.` : '',
        tone: 'fact',
      }),
    ),
  ]
  return {
    moments: moments.sort((a, b) => Date.parse(a.at) - Date.parse(b.at)),
    hidden: touches.length - shown.length,
  }
}
