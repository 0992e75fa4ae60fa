import { AppError } from '#server/platform/errors.ts'
import { breather, type Meter, openBytes, readableFault } from './source.ts'

/** Longer than any row we take: the collector's bodies hold 10 MB. */
const LONGEST_LINE = 8 * 2 ** 20
const FEED = 0x0a
/** So many lines are taken between two looks at the signal. */
const LINES_A_BREATH = 1024

/** A line of a file. */
export interface Line {
  /** From 1. */
  line: number
  text: string
}

/**
 * A file's lines that hold something, one after the other; memory is bounded by the longest.
 * @param signal ends reading, with its reason
 * @throws AppError invalid for a line longer than 8 MB, which is no line, and for a damaged package
 */
export async function* readLines(file: string, meter?: Meter, signal?: AbortSignal): AsyncGenerator<Line> {
  let line = 0
  let parts: Buffer[] = []
  let length = 0
  const breathe = breather(signal)
  const take = (last: Buffer): Line | undefined => {
    line += 1
    parts.push(last)
    const text = Buffer.concat(parts).toString('utf8')
    parts = []
    length = 0
    const clean = line === 1 ? text.replace(/^\uFEFF/, '') : text
    return clean.trim() === '' ? undefined : { line, text: clean.endsWith('\r') ? clean.slice(0, -1) : clean }
  }
  try {
    for await (const chunk of await openBytes(file, meter)) {
      const bytes = chunk as Buffer
      let start = 0
      await breathe()
      for (let end = bytes.indexOf(FEED); end !== -1; end = bytes.indexOf(FEED, start)) {
        const blank = end === start && parts.length === 0
        const found = blank ? undefined : take(bytes.subarray(start, end))
        if (blank) line += 1
        start = end + 1
        if (found) yield found
        else if (line % LINES_A_BREATH === 0) await breathe()
      }
      length += bytes.length - start
      if (length > LONGEST_LINE)
        throw new AppError('invalid', `Line ${line + 1} is longer than 8 MB. One row must stand on one line.`)
      if (start < bytes.length) parts.push(bytes.subarray(start))
    }
  } catch (error) {
    throw readableFault(error)
  }
  const rest = length > 0 ? take(Buffer.alloc(0)) : undefined
  if (rest) yield rest
}
