import type { FrameInput } from '#server/eventlog/types.ts'
import type { CountryOf } from '../geo.ts'
import type { RefusalCode } from './refusal.ts'

export type Platform = 'ios' | 'android' | 'web'
export const PLATFORMS = ['ios', 'android', 'web'] as const satisfies readonly Platform[]

/** Where a link says its touchpoints come from. */
export interface LinkOrigin {
  linkId: string
  mediaSource: string
  campaign: string
  adSet: string
  ad: string
  creative: string
  siteId: string
  isRetargeting: boolean
}

/** Everything about a batch that does not come from its events. */
export interface IngestContext {
  orgId: string
  appId: string
  /** Platform of the app, for events that do not say theirs. */
  platform: Platform
  /** Unix milliseconds; also the default of event and touchpoint times. */
  receivedAt: number
  requestId: string
  /**
   * True where the sender proved to be a server (secret key, importer): an event's own `ip` is believed then, and the
   * sender's address and user agent are not taken for the device's.
   */
  fromServer: boolean
  /** The sender's address; used only when `fromServer` is false. */
  ip: string
  /** The sender's user agent; used only when `fromServer` is false. */
  userAgent: string
  countryOf: CountryOf
  /** The app's links by id, as far as the batch names them; touchpoints only. */
  links?: ReadonlyMap<string, LinkOrigin>
  /** The log has partitions: each packed row names the one its device belongs to. */
  keyed?: boolean
  /** Told of what a check threw that is no refusal; the item is refused as `internal`. */
  onUnexpected?: (error: unknown) => void
}

/** One refused line or array item, as the answer lists it. */
export interface Rejection {
  /** Line or array place, from 0. */
  index: number
  code: RefusalCode
  message: string
  field: string
}

/** What became of a batch; nothing of it is durable until the frames are appended. */
export interface IngestResult {
  accepted: number
  rejected: Rejection[]
  /** Accepted without id and time: a retry of these counts twice. */
  nonIdempotent: number
  /** Frames to append together; none for an empty batch. */
  frames: FrameInput[]
}

/** What is kept of a refused line. */
export const RAW_BYTES = 64 * 1024
