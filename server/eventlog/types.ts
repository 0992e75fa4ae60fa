/** What a frame of the log holds; one ClickHouse table each. */
export type FrameKind = 'event' | 'touchpoint' | 'rejected'
export const FRAME_KINDS = ['event', 'touchpoint', 'rejected'] as const satisfies readonly FrameKind[]

/**
 * How a payload is written.
 * `ndjson`: one row a line, each line prefixed by 32 hex characters and a space. The prefix is
 * md5(`${app_id}\n${event_id | touchpoint_id | rejected_id}`): the loader deduplicates without parsing.
 * `packed`: the engine's RowBinary with an index in front, see packed/; events only.
 */
export type FrameEncoding = 'ndjson' | 'packed'
export const PACKED = 'packed' satisfies FrameEncoding

/** Rows of one kind, ready to be loaded. */
export interface FrameInput {
  kind: FrameKind
  payload: Buffer
  /** Number of rows in the payload. */
  rows: number
  /** Default `ndjson`. */
  encoding?: FrameEncoding
}

/**
 * A frame read back. Its payload is a view of memory that the reader reads into again: after `release` of a position at or
 * behind the frame's `next` it must not be looked at any more. Whoever needs it longer copies it.
 */
export interface Frame extends FrameInput {
  encoding: FrameEncoding
  /** Where the frame stands in its log; grows with every frame. */
  position: bigint
  /** The position that a reader continues from. */
  next: bigint
  /** Unix milliseconds at which it was appended. */
  appendedAt: number
}

/**
 * Why bytes of a log could not be read. `expired`: they are gone before they were loaded, because their time was over or
 * somebody deleted them. `lost`: the brokers lost messages behind this position that they had acknowledged.
 */
export type DamageReason = 'bad_head' | 'bad_payload' | 'torn_tail' | 'expired' | 'lost'

/** Bytes of a log that had to be left out, and where a copy of them lies. */
export interface DamageReport {
  position: bigint
  length: number
  reason: DamageReason
  file: string
}

/** The writing side: one process owns a log. */
export interface EventLogWriter {
  readonly logId: string
  /** How many parts the log has, by which the rows' keys spread them; 1 where keys are not needed. */
  readonly partitions: number
  /**
   * Appends frames and resolves once they are durable (group commit: many callers share one sync).
   * @throws AppError `unavailable` with retryAfter when the disk is full or the log is closed; nothing was acknowledged then
   */
  append(frames: readonly FrameInput[]): Promise<void>
  close(): Promise<void>
}

/** The reading side. */
export interface EventLogReader {
  readonly logId: string
  /**
   * Frames from a position on, in order, at most about `maxBytes` of payload; empty when the end is reached.
   * Damaged frames are skipped, quarantined and reported, never returned.
   */
  read(from: bigint, maxBytes: number): Promise<Frame[]>
  /** How many bytes of the log stand after a position: what a reader there still has before it. */
  bytesAfter(position: bigint): Promise<number>
  /** Resolves when something may have been appended, or after the time-out. */
  waitForMore(from: bigint, timeoutMs: number): Promise<void>
  /**
   * Tells the log that everything before the position is loaded and nothing else, so that old segments may go. Less than
   * was told before is possible: the store was put back. The memory of the payloads before it is used again.
   */
  release(position: bigint): Promise<void>
  close(): Promise<void>
}
