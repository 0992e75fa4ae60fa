import { open } from 'node:fs/promises'
import { findFrame, SEGMENT_HEAD, scanFrame } from './format.ts'
import { segmentPath } from './segments.ts'

/**
 * Cuts the torn tail off a segment that no process writes any more: bytes after the last sound frame with no sound frame
 * behind them. They were never acknowledged, because an acknowledgement follows a sync of everything before it.
 * Damage with sound frames behind it stays: the reader quarantines it.
 * @returns number of bytes cut off
 */
export async function truncateTornTail(dir: string, segment: number): Promise<number> {
  const file = await open(segmentPath(dir, segment), 'r+')
  try {
    const bytes = await file.readFile()
    let end = Math.min(SEGMENT_HEAD, bytes.length)
    for (let at = end; at < bytes.length; ) {
      const scan = scanFrame(bytes, at)
      if (scan.state === 'frame') {
        at = scan.end
        end = at
        continue
      }
      const next = findFrame(bytes, at + 1)
      if (next === undefined) break
      at = next
    }
    if (end === bytes.length) return 0
    await file.truncate(end)
    await file.sync()
    return bytes.length - end
  } finally {
    await file.close()
  }
}
