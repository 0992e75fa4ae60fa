import type { MultiTouchRow } from './answer.ts'
import { levelColumns, ORGANIC, OTHER, SEPARATOR } from './journeys.ts'
import type { MultiTouchInput } from './schema.ts'

/** What a row is about. */
export type Place = Pick<MultiTouchRow, 'key' | 'kind' | 'mediaSource' | 'campaign' | 'ad'>

/** The row of a channel's number. */
export function place(channel: number, names: readonly string[], input: MultiTouchInput): Place {
  const kind = channel === ORGANIC ? 'organic' : channel === OTHER ? 'other' : 'channel'
  if (kind !== 'channel') return { key: kind, kind, mediaSource: kind, campaign: null, ad: null }
  return named(names[channel - 1] ?? '', input)
}

/** The row of a channel's name. */
export function named(name: string, input: MultiTouchInput): Place {
  const [mediaSource = '', campaign = '', ad = ''] = name.split(SEPARATOR)
  const parts = levelColumns(input.level).length
  return {
    key: `:${name}`,
    kind: 'channel',
    mediaSource,
    campaign: parts > 1 ? campaign : null,
    ad: parts > 2 ? ad : null,
  }
}
