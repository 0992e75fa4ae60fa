import { setTimeout as sleep } from 'node:timers/promises'
import type { EventLogReader, Frame } from '#server/eventlog/index.ts'

const MB = 1024 * 1024

/** Rows from which on a waiting batch counts as busy: waiting longer then makes fewer and larger parts. */
const BUSY_ROWS = 5_000

/** How long the rest of a stretch that was begun is waited for, in milliseconds. */
const STRETCH_MS = 5_000

/** Bounds of a batch; sizes are bytes, times milliseconds. */
export interface BatchBounds {
  /** How long the first frame of a small batch waits for more. */
  lingerMs: number
  /** How long it waits at most, where many rows come or many parts are unmerged. */
  maxLingerMs: number
  maxBatchBytes: number
  maxBatchRows: number
}

/** What a collection asks its surroundings while it waits. */
export interface CollectWatch {
  /** Whether to end with nothing. */
  stopped(): boolean
  /** Whether the batch before this one is still being loaded: until then this one may grow. */
  busy(): boolean
  /** From 1: how much longer than usual batches wait, because there are several logs or too many parts. */
  patience(): number
  /** Called with the first frame. */
  began(frame: Frame): void
}

/**
 * The next frames of a log: as soon as a batch is full, or the first frame has waited long enough and the batch before it
 * is loaded. Few rows wait shortly, many rows longer.
 * @param stretch is taken exactly, without waiting for more, if the next frame is its first one
 * @returns empty when there was nothing for half a second or the loader is stopping
 */
export async function collectFrames(
  log: EventLogReader,
  from: bigint,
  stretch: { from: bigint; next: bigint } | undefined,
  bounds: BatchBounds,
  watch: CollectWatch,
): Promise<Frame[]> {
  const { lingerMs, maxLingerMs, maxBatchBytes, maxBatchRows } = bounds
  const frames: Frame[] = []
  let bytes = 0
  let rows = 0
  let position = from
  let startedAt = 0
  let until: bigint | undefined
  while (!watch.stopped()) {
    const got = await log.read(position, Math.max(MB, maxBatchBytes - bytes))
    for (const frame of got) {
      if (frames.length === 0 && frame.position === stretch?.from) until = stretch.next
      // What stood there once is damaged now, or gone.
      if (until !== undefined && frame.position >= until) return frames
      frames.push(frame)
      bytes += frame.payload.length
      rows += frame.rows
      position = frame.next
      const enough = until === undefined ? bytes >= maxBatchBytes || rows >= maxBatchRows : position >= until
      if (enough) return frames
    }
    const [first] = frames
    if (!first) {
      await log.waitForMore(position, 500)
      if ((await log.bytesAfter(position)) === 0) return frames
      continue
    }
    watch.began(first)
    startedAt ||= performance.now()
    if (until !== undefined) {
      // All of it was read once before, so it comes; unless it is damaged now.
      if (performance.now() - startedAt > STRETCH_MS) return frames
      if (got.length === 0) await sleep(20)
      continue
    }
    const load = Math.min(1, rows / BUSY_ROWS)
    const wait = Math.min(maxLingerMs, (lingerMs + (maxLingerMs - lingerMs) * load) * watch.patience())
    const left = wait - (performance.now() - startedAt)
    if (left <= 0 && !watch.busy()) return frames
    await sleep(left <= 0 ? 20 : Math.min(load === 1 ? 50 : 20, Math.max(2, left)))
  }
  return []
}
