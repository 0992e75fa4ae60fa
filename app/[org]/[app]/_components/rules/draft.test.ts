import { describe, expect, it } from 'vitest'
import { DEFAULT_SETTINGS } from '#server/modules/attribution/engine/index.ts'
import { settingsFields } from '#server/modules/attribution/schema.ts'
import { addSource, DraftError, draftFields, draftOf, moved, rulesOf } from './draft.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR
const rules = settingsFields.parse({
  ...DEFAULT_SETTINGS,
  perMediaSource: {
    'a.b': { clickLookbackMs: 36 * HOUR, viewThroughEnabled: false },
    net: { probabilisticEnabled: false, probabilisticWindowMs: 2 * HOUR },
  },
})
const draft = draftOf(rules)

/** The field and words of what `rulesOf` refuses. */
function refused(given: typeof draft): [string, string] {
  try {
    rulesOf(given)
  } catch (error) {
    if (error instanceof DraftError) return [error.data.field, error.message]
    throw error
  }
  throw new Error('Nothing was refused.')
}

describe('a draft of attribution rules', () => {
  it('shown and read back without a change is the same rules', () => {
    expect(rulesOf(draft)).toEqual(rules)
  })

  it('reads days and hours, fractions too', () => {
    const windows = { ...draft.windows, clickLookbackMs: '1.5', viewLookbackMs: '2' }
    expect(rulesOf({ ...draft, windows })).toMatchObject({ clickLookbackMs: 36 * HOUR, viewLookbackMs: 2 * HOUR })
  })

  it.each([
    ['', 'Type a number of days.'],
    ['soon', 'Type a number of days.'],
    ['Infinity', 'Type a number of days.'],
  ])('refuses the click window %j at its field', (text, message) => {
    const windows = { ...draft.windows, clickLookbackMs: text }
    expect(refused({ ...draft, windows })).toEqual(['clickLookbackMs', message])
  })

  it('refuses a media source that is there twice, at the second name', () => {
    const [first] = draft.sources
    const sources = addSource(draft.sources).map((one) => (one.id === 2 ? { ...one, name: ` ${first?.name} ` } : one))
    expect(refused({ ...draft, sources })).toEqual(['source-2', 'a.b is there twice. Remove one of the two rows.'])
  })

  it('refuses rules of a media source without a name, and leaves an untouched row out', () => {
    const sources = addSource(draft.sources)
    expect(rulesOf({ ...draft, sources })).toEqual(rules)
    const typed = sources.map((one) => (one.id === 2 ? { ...one, views: false } : one))
    expect(refused({ ...draft, sources: typed })[0]).toBe('source-2')
  })

  it('knows the name under which the server refuses a window of a media source', () => {
    const sources = draft.sources.map((one) => ({ ...one, windows: { ...one.windows, clickLookbackMs: '31' } }))
    const issue = settingsFields.safeParse(rulesOf({ ...draft, sources })).error?.issues[0]
    expect(issue?.message).toBe('A click window is at most 30 days.')
    expect(draftFields(draft)).toContain(issue?.path.join('.'))
  })
})

it.each([
  [1, -1, ['b', 'a', 'c']],
  [1, 1, ['a', 'c', 'b']],
  [0, -1, ['a', 'b', 'c']],
  [2, 1, ['a', 'b', 'c']],
] as const)('moves step %i by %i', (index, by, expected) => {
  expect(moved(['a', 'b', 'c'], index, by)).toEqual(expected)
})

it('an inactivity window of 0 days is none', () => {
  expect(draftOf({ ...rules, inactivityWindowMs: 0 }).windows.inactivityWindowMs).toBe('0')
  expect(rulesOf({ ...draft, windows: { ...draft.windows, inactivityWindowMs: '7' } }).inactivityWindowMs).toBe(7 * DAY)
})
