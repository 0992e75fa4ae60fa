import { open } from 'node:fs/promises'
import { findFrame, SEGMENT_HEAD, scanFrame } from './format.ts'
import { segmentPath } from './segments.ts'

/**
 * Cuts the torn tail off a segment that no process writes any more: a last frame whose bytes end before it does, and zeros
 * to the end of the file. Neither was acknowledged, because an acknowledgement follows a sync of everything before it.
 * Whatever else is damaged may have been, a last frame of full length among it: it stays for the reader, which keeps a copy
 * of it, reports it and goes on behind it.
 * @returns number of bytes cut off
 */
export async function truncateTornTail(dir: string, segment: number): Promise<number> {
  const file = await open(segmentPath(dir, segment), 'r+')
  try {
    const bytes = await file.readFile()
    const end = tornFrom(bytes)
    if (end === bytes.length) return 0
    await file.truncate(end)
    await file.sync()
    return bytes.length - end
  } finally {
    await file.close()
  }
}

/** Where the bytes begin that no acknowledged frame can hold; the length where there are none. */
function tornFrom(bytes: Buffer): number {
  for (let at = Math.min(SEGMENT_HEAD, bytes.length); at < bytes.length; ) {
    const scan = scanFrame(bytes, at)
    if (scan.state === 'frame' || scan.state === 'bad-payload') {
      at = scan.end
      continue
    }
    const next = findFrame(bytes, at + 1)
    if (next === undefined) {
      const torn = scan.state === 'short' || bytes.subarray(at).every((byte) => byte === 0)
      return torn ? at : bytes.length
    }
    at = next
  }
  return bytes.length
}
