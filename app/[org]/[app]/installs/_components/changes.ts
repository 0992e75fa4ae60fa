import { conversionWord, type Decision, ruleWords, sourceWords } from './words.ts'

const NAMED = 3

/** What an install may say later than at first, in a second event. */
const INSTALL_FIELDS = {
  install_referrer: 'install referrer',
  click_id: 'click id',
  advertising_id: 'advertising id',
  idfv: 'vendor id (IDFV)',
  customer_user_id: 'customer user id',
  install_begin_time: 'time at which the download began',
  install_begin_time_server: 'time at which the download began',
} as const

function outcomeWords({ winner, outcome }: Decision): string {
  if (winner) return `${sourceWords(winner)} (${winner.touchpoint_type})`
  return outcome === 'attributed' ? 'attributed elsewhere' : 'organic'
}

function named(names: string[]): string {
  const more = names.length - NAMED
  return more > 0 ? `${names.slice(0, NAMED).join('; ')}; and ${more} more` : names.join('; ')
}

function touchpointChanges(before: Decision, after: Decision): string[] {
  const earlier = new Map(before.candidates.map((one) => [one.touchpoint_id, one]))
  const later = new Set(after.candidates.map((one) => one.touchpoint_id))
  const words = (one: Decision['candidates'][number]) => `${one.touchpoint_type} from ${sourceWords(one)}`
  const came = after.candidates.filter((one) => !earlier.has(one.touchpoint_id))
  const went = before.candidates.filter((one) => !later.has(one.touchpoint_id))
  const turned = after.candidates.filter((one) => {
    const was = earlier.get(one.touchpoint_id)
    return was !== undefined && was.eligible !== one.eligible
  })
  return [
    ...(came.length > 0 ? [`Considered in addition: ${named(came.map(words))}.`] : []),
    ...(went.length > 0 ? [`No longer among the candidates: ${named(went.map(words))}.`] : []),
    ...turned.map((one) => `The ${words(one)} ${one.eligible ? 'can count now' : 'cannot count any more'}.`),
  ]
}

function installChanges(before: Decision, after: Decision): string[] {
  const changed = new Set<string>()
  for (const [field, words] of Object.entries(INSTALL_FIELDS)) {
    const name = field as keyof typeof INSTALL_FIELDS
    const [was, is] = [before.install[name], after.install[name]]
    if (was === is) continue
    changed.add(was === null ? `The install’s ${words} arrived.` : `The install’s ${words} is another one.`)
  }
  return [...changed]
}

/** What a decision says otherwise than the one it superseded, as sentences: the outcome first, then what brought it about. */
export function changesSince(before: Decision, after: Decision): string[] {
  const [was, is] = [outcomeWords(before), outcomeWords(after)]
  const hits = new Set(before.ruleHits.map(ruleWords))
  return [
    was === is ? `Still ${is}.` : `From ${was} to ${is}.`,
    ...(before.conversionType === after.conversionType
      ? []
      : [`${conversionWord(after.conversionType)} instead of ${conversionWord(before.conversionType).toLowerCase()}.`]),
    ...installChanges(before, after),
    ...touchpointChanges(before, after),
    ...after.ruleHits.map(ruleWords).filter((words) => !hits.has(words)),
    ...(before.settingsVersion === after.settingsVersion
      ? []
      : [`Settings version ${after.settingsVersion} instead of ${before.settingsVersion}.`]),
    ...(before.engineVersion === after.engineVersion
      ? []
      : [`Engine ${after.engineVersion} instead of ${before.engineVersion}.`]),
  ]
}
