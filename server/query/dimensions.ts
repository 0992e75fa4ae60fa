/** One way to break figures down. */
export interface DimensionEntry {
  title: string
  description: string
  /** `version`: compared piece by piece, so that 10.0 is greater than 9.1. `time`: ordered by the instant. */
  kind: 'text' | 'date' | 'time' | 'version'
}

/** Every dimension a report may use; the contract's names. */
export const DIMENSIONS = {
  date: {
    title: 'Date',
    description: 'Day in the report’s time zone, as YYYY-MM-DD. Installs by install time, clicks and views by theirs.',
    kind: 'date',
  },
  hour: {
    title: 'Hour',
    description: 'Beginning of the hour in the report’s time zone, with its offset from UTC.',
    kind: 'time',
  },
  media_source: {
    title: 'Media source',
    description:
      'The network that gets the credit. `organic` for installs nobody earned and for devices without an install decision.',
    kind: 'text',
  },
  campaign: { title: 'Campaign', description: 'Campaign of the winning touchpoint.', kind: 'text' },
  ad_set: { title: 'Ad set', description: 'Ad set of the winning touchpoint.', kind: 'text' },
  ad: { title: 'Ad', description: 'Ad of the winning touchpoint.', kind: 'text' },
  creative: { title: 'Creative', description: 'Creative of the winning touchpoint.', kind: 'text' },
  site_id: { title: 'Site id', description: 'The publisher’s app or site, as the network names it.', kind: 'text' },
  country: {
    title: 'Country',
    description: 'ISO 3166 code of where the click, install or event came from; empty when unknown.',
    kind: 'text',
  },
  platform: { title: 'Platform', description: 'ios, android or web.', kind: 'text' },
  os_version: { title: 'OS version', description: 'Version of the operating system.', kind: 'version' },
  app_version: { title: 'App version', description: 'Version of the app that sent the event.', kind: 'version' },
  event_name: { title: 'Event', description: 'Name of the event.', kind: 'text' },
  match_type: {
    title: 'Match type',
    description: 'How the install was tied to its touchpoint; empty for organic.',
    kind: 'text',
  },
} as const satisfies Record<string, DimensionEntry>

export type Dimension = keyof typeof DIMENSIONS
export const DIMENSION_NAMES = Object.keys(DIMENSIONS) as [Dimension, ...Dimension[]]

/** Dimensions that come from the touchpoint that won, and so from the device's current decision. */
export const SOURCE_DIMENSIONS = [
  'media_source',
  'campaign',
  'ad_set',
  'ad',
  'creative',
  'site_id',
  'match_type',
] as const satisfies readonly Dimension[]
