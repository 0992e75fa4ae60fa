import { formatDateTime } from '#app/_lib/format.ts'
import type { AttributionSettings, Priority, SettingsChange } from '#server/modules/attribution/index.ts'
import { windowWords } from './durations.ts'

/** The steps of the order in which candidates are compared, as people would say them. */
export const PRIORITY_WORDS: Readonly<Record<Priority, { title: string; rule: string }>> = {
  touchpoint_type: { title: 'Clicks before views', rule: 'A click wins before a view.' },
  match_type: {
    title: 'The stronger match',
    rule: 'Install referrer or click id before device id before probabilistic.',
  },
  recency: { title: 'Time', rule: 'The most recent one, or the earliest where first touch is chosen.' },
}

export const MODEL_WORDS: Readonly<Record<AttributionSettings['model'], string>> = {
  last_touch: 'Last touch',
  first_touch: 'First touch',
}

const FIELDS: Readonly<Record<string, string>> = {
  clickLookbackMs: 'Click window',
  viewLookbackMs: 'View window',
  probabilisticEnabled: 'Probabilistic matching',
  probabilisticWindowMs: 'Probabilistic window',
  reinstallWindowMs: 'Reinstall window',
  inactivityWindowMs: 'Inactivity window',
  reengagementLookbackMs: 'Re-engagement window',
  model: 'Which of equals wins',
  priorities: 'Order of deciding',
  viewThroughEnabled: 'Views',
  effectiveFrom: 'In force from',
}

/** A media source's name may have dots in it; the field behind the last one has none. */
const OF_SOURCE = /^perMediaSource\.(.*)\.(\w+)$/

/** A settings field in words, for version histories and comparisons: `Click window of google_ads`. */
export function settingsFieldWords(field: string): string {
  const [, source, name = field] = OF_SOURCE.exec(field) ?? []
  const words = FIELDS[name] ?? name
  return source === undefined ? words : `${words} of ${source}`
}

/** Where a switch of a single media source is not set, the app decides, except for views, which count unless switched off. */
function absentWords(field: string): string {
  if (field === 'effectiveFrom') return 'no date'
  return field.endsWith('.viewThroughEnabled') ? 'on' : 'the app’s'
}

function orderWords(list: string): string {
  const step = (name: string) => (name in PRIORITY_WORDS ? PRIORITY_WORDS[name as Priority].title : name)
  return list
    .split(', ')
    .map((name, index) => (index === 0 ? step(name) : step(name).toLowerCase()))
    .join(', then ')
}

/**
 * One side of a change of settings in words.
 * @param timeZone the app's IANA zone, for dates
 */
export function settingsValueWords(field: string, value: SettingsChange['from'], timeZone: string): string {
  if (value === null) return absentWords(field)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  if (typeof value === 'number') {
    if (value === 0) return field === 'inactivityWindowMs' ? 'off' : 'none'
    return windowWords(value)
  }
  if (field === 'model') return MODEL_WORDS[value as AttributionSettings['model']] ?? value
  if (field === 'priorities') return orderWords(value)
  return field === 'effectiveFrom' ? formatDateTime(value, timeZone) : value
}
