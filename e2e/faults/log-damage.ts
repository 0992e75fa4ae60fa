import { appendFileSync, closeSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { FRAME_HEAD, placeOf, positionOf, SEGMENT_HEAD, scanFrame } from '#server/eventlog/disk/format.ts'
import { listSegments, segmentPath } from '#server/eventlog/disk/segments.ts'
import { packed } from '#server/eventlog/index.ts'

/** A frame of events that stands in the log and is not loaded. */
export interface UnloadedFrame {
  file: string
  /** Where it stands in the log. */
  position: bigint
  /** Where its payload stands in the file, and how long it is. */
  payloadAt: number
  payloadBytes: number
  eventIds: string[]
}

/** Frames of events behind a position of the disk log. */
export function unloadedEventFrames(dir: string, position: bigint): UnloadedFrame[] {
  const from = placeOf(position)
  const found: UnloadedFrame[] = []
  for (const segment of listSegments(dir)) {
    if (segment < from.segment) continue
    const file = segmentPath(dir, segment)
    const bytes = readFileSync(file)
    let at = segment === from.segment ? Math.max(from.offset, SEGMENT_HEAD) : SEGMENT_HEAD
    for (;;) {
      const scan = scanFrame(bytes, at)
      if (scan.state !== 'frame') break
      if (scan.kind === 'event' && scan.encoding === 'packed') {
        const eventIds = packed.unpackRows(scan.payload, scan.rows).map((row) => String(row.event_id))
        found.push({
          file,
          position: positionOf(segment, at),
          payloadAt: at + FRAME_HEAD,
          payloadBytes: scan.payload.length,
          eventIds,
        })
      }
      at = scan.end
    }
  }
  return found
}

/** Turns one bit of a file over. */
export function flipBit(file: string, at: number, bit: number): void {
  const fd = openSync(file, 'r+')
  try {
    const byte = Buffer.alloc(1)
    readSync(fd, byte, 0, 1, at)
    byte[0] = (byte[0] ?? 0) ^ (1 << bit)
    writeSync(fd, byte, 0, 1, at)
  } finally {
    closeSync(fd)
  }
}

/** Appends the beginning of a frame to the newest segment, as a crash in the middle of a write leaves it. */
export function tearTail(dir: string, bytes: number): void {
  const last = listSegments(dir).at(-1)
  if (last === undefined) return
  const file = segmentPath(dir, last)
  appendFileSync(file, readFileSync(file).subarray(SEGMENT_HEAD, SEGMENT_HEAD + bytes))
}

/** How many stretches of the log were put aside because they were damaged. */
export function quarantined(dir: string): number {
  try {
    return readdirSync(join(dir, 'quarantine')).filter((name) => name.endsWith('.bin')).length
  } catch {
    return 0
  }
}
