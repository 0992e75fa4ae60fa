import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '#server/platform/logger.ts'
import type { EventLogReader, Frame, FrameInput } from '../../types.ts'

/** A logger that says nothing. */
export const quiet = createLogger('test', 'silent')

/** A folder for one test; `drop` deletes it. */
export function scratchDir(): { dir: string; drop(): void } {
  const dir = mkdtempSync(join(tmpdir(), 'unmogrowp-log-'))
  return { dir, drop: () => rmSync(dir, { recursive: true, force: true }) }
}

/** A frame of one line per text. */
export function frameOf(...texts: string[]): FrameInput {
  return { kind: 'event', rows: texts.length, payload: Buffer.from(texts.map((text) => `${text}\n`).join('')) }
}

/** The payload's lines. */
export function linesOf(frames: readonly Frame[]): string[] {
  return frames.flatMap((frame) => frame.payload.toString('utf8').trimEnd().split('\n'))
}

/** Every frame from a position to the present end of the log. */
export async function readAll(reader: EventLogReader, from = 0n, maxBytes = 1 << 20): Promise<Frame[]> {
  const all: Frame[] = []
  for (let at = from; ; ) {
    const frames = await reader.read(at, maxBytes)
    const last = frames.at(-1)
    if (!last) return all
    all.push(...frames)
    at = last.next
  }
}
