import type { AttributionSettings, SettingsFields } from '#server/modules/attribution/index.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

/** The windows of an app, in the order of the form, with the unit they are typed in. */
export const APP_WINDOWS = {
  clickLookbackMs: DAY,
  viewLookbackMs: HOUR,
  probabilisticWindowMs: HOUR,
  reinstallWindowMs: DAY,
  inactivityWindowMs: DAY,
  reengagementLookbackMs: DAY,
} as const
export type AppWindow = keyof typeof APP_WINDOWS

/** The windows that a media source may have of its own. */
export const SOURCE_WINDOWS = ['clickLookbackMs', 'viewLookbackMs', 'probabilisticWindowMs'] as const
export type SourceWindow = (typeof SOURCE_WINDOWS)[number]

/** A media source's row while somebody types. Empty texts follow the app. */
export interface SourceDraft {
  /** Tells rows apart while their names are typed. */
  id: number
  name: string
  windows: Readonly<Record<SourceWindow, string>>
  /** false: views of it never count. */
  views: boolean
  /** false: it is never matched by likelihood, whatever the app says. */
  probabilistic: boolean
}

/** Attribution rules while somebody types: numbers are texts, in the unit of their field. */
export interface RulesDraft {
  windows: Readonly<Record<AppWindow, string>>
  probabilisticEnabled: boolean
  model: SettingsFields['model']
  priorities: SettingsFields['priorities']
  sources: readonly SourceDraft[]
}

/** What is wrong with a draft, at which field; shaped as the server's own refusals, so that a form shows both alike. */
export class DraftError extends Error {
  readonly data: { field: string }
  constructor(field: string, message: string) {
    super(message)
    this.data = { field }
  }
}

const typed = (ms: number | undefined, unit: number) => (ms === undefined ? '' : String(ms / unit))

/** The draft that shows given rules. */
export function draftOf(rules: Omit<AttributionSettings, 'version' | 'effectiveFrom'>): RulesDraft {
  const window = (name: AppWindow) => typed(rules[name], APP_WINDOWS[name])
  return {
    windows: {
      clickLookbackMs: window('clickLookbackMs'),
      viewLookbackMs: window('viewLookbackMs'),
      probabilisticWindowMs: window('probabilisticWindowMs'),
      reinstallWindowMs: window('reinstallWindowMs'),
      inactivityWindowMs: window('inactivityWindowMs'),
      reengagementLookbackMs: window('reengagementLookbackMs'),
    },
    probabilisticEnabled: rules.probabilisticEnabled,
    model: rules.model,
    priorities: [...rules.priorities],
    sources: Object.entries(rules.perMediaSource).map(([name, own], id) => ({
      id,
      name,
      windows: {
        clickLookbackMs: typed(own.clickLookbackMs, DAY),
        viewLookbackMs: typed(own.viewLookbackMs, HOUR),
        probabilisticWindowMs: typed(own.probabilisticWindowMs, HOUR),
      },
      views: own.viewThroughEnabled ?? true,
      probabilistic: own.probabilisticEnabled ?? true,
    })),
  }
}

/** An empty row for one more media source. */
export function addSource(sources: readonly SourceDraft[]): SourceDraft[] {
  const id = Math.max(-1, ...sources.map((one) => one.id)) + 1
  const windows = { clickLookbackMs: '', viewLookbackMs: '', probabilisticWindowMs: '' }
  return [...sources, { id, name: '', windows, views: true, probabilistic: true }]
}

function inMs(field: string, text: string, unit: number): number {
  const number = text.trim() === '' ? Number.NaN : Number(text)
  if (Number.isFinite(number)) return Math.round(number * unit)
  throw new DraftError(field, unit === DAY ? 'Type a number of days.' : 'Type a number of hours.')
}

/** The name of a media source's field, as the server names it in a refusal. */
export const sourceField = (name: string, field: SourceWindow): string => `perMediaSource.${name.trim()}.${field}`

function rulesOfSource({ name, windows, views, probabilistic }: SourceDraft): SettingsFields['perMediaSource'][string] {
  const own: SettingsFields['perMediaSource'][string] = {}
  for (const window of SOURCE_WINDOWS) {
    const text = windows[window]
    if (text.trim() !== '') own[window] = inMs(sourceField(name, window), text, APP_WINDOWS[window])
  }
  if (!views) own.viewThroughEnabled = false
  if (!probabilistic) own.probabilisticEnabled = false
  return own
}

/**
 * The rules that a draft says. Ranges are the server's to check. A row without a name and without anything else typed is
 * left out.
 * @throws DraftError naming the field that is no number, has no name or is there twice
 */
export function rulesOf(draft: RulesDraft): SettingsFields {
  const window = (name: AppWindow) => inMs(name, draft.windows[name], APP_WINDOWS[name])
  const sources = new Map<string, SettingsFields['perMediaSource'][string]>()
  for (const source of draft.sources) {
    const name = source.name.trim()
    const own = rulesOfSource(source)
    if (name === '') {
      if (Object.keys(own).length === 0) continue
      throw new DraftError(sourceName(source), 'Name the media source, or remove its row.')
    }
    if (sources.has(name))
      throw new DraftError(sourceName(source), `${name} is there twice. Remove one of the two rows.`)
    sources.set(name, own)
  }
  return {
    clickLookbackMs: window('clickLookbackMs'),
    viewLookbackMs: window('viewLookbackMs'),
    probabilisticEnabled: draft.probabilisticEnabled,
    probabilisticWindowMs: window('probabilisticWindowMs'),
    reinstallWindowMs: window('reinstallWindowMs'),
    inactivityWindowMs: window('inactivityWindowMs'),
    reengagementLookbackMs: window('reengagementLookbackMs'),
    model: draft.model,
    priorities: [...draft.priorities],
    perMediaSource: Object.fromEntries(sources),
  }
}

/** The name of the field in which a media source's name is typed. */
export const sourceName = ({ id }: Pick<SourceDraft, 'id'>): string => `source-${id}`

/** Every field of a draft's form, as refusals name them. */
export function draftFields({ sources }: Pick<RulesDraft, 'sources'>): string[] {
  return [
    ...Object.keys(APP_WINDOWS),
    'model',
    'priorities',
    'perMediaSource',
    ...sources.flatMap((one) => [sourceName(one), ...SOURCE_WINDOWS.map((window) => sourceField(one.name, window))]),
  ]
}

/** The steps with the one at `index` moved up or down by one; the same where it cannot move. */
export function moved<T>(steps: readonly T[], index: number, by: -1 | 1): T[] {
  const next = [...steps]
  const [step] = next.splice(index, 1)
  if (step === undefined || index + by < 0 || index + by >= steps.length) return [...steps]
  next.splice(index + by, 0, step)
  return next
}
