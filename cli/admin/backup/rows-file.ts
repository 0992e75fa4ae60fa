import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { join } from 'node:path'
import { Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

const NEWLINE = 0x0a

/** What was written to a file. */
export interface Written {
  rows: number
  bytes: number
  sha256: string
}

/**
 * Writes rows, one a line, into a compressed file that only its owner may read.
 * @param pieces bytes of the lines, cut anywhere; each line ends with a newline
 * @returns how many lines there were, and size and SHA-256 of the file
 */
export async function writeRows(dir: string, file: string, pieces: AsyncIterable<Buffer>): Promise<Written> {
  let rows = 0
  let bytes = 0
  const hash = createHash('sha256')
  const counted = Readable.from(
    (async function* () {
      for await (const piece of pieces) {
        for (let at = piece.indexOf(NEWLINE); at >= 0; at = piece.indexOf(NEWLINE, at + 1)) rows += 1
        yield piece
      }
    })(),
    { objectMode: false },
  )
  const hashed = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      bytes += chunk.length
      done(null, chunk)
    },
  })
  await pipeline(
    counted,
    createGzip({ level: 3 }),
    hashed,
    createWriteStream(join(dir, file), { mode: 0o600, flags: 'wx', flush: true }),
  )
  return { rows, bytes, sha256: hash.digest('hex') }
}

/** Some whole lines of a file, each with its newline. */
export interface Lines {
  bytes: Buffer
  rows: number
}

/**
 * Reads a compressed file of lines back in pieces that end where a line ends.
 * @param maxBytes about how large a piece gets, before compression; a single longer line makes a larger one
 */
export async function* readRows(dir: string, file: string, maxBytes: number): AsyncGenerator<Lines> {
  const source = createReadStream(join(dir, file))
  const text = createGunzip()
  source.once('error', (error) => text.destroy(error)).pipe(text)
  let parts: Buffer[] = []
  let size = 0
  for await (const chunk of text as AsyncIterable<Buffer>) {
    parts.push(chunk)
    size += chunk.length
    if (size < maxBytes || chunk.indexOf(NEWLINE) < 0) continue
    const all = Buffer.concat(parts, size)
    const end = all.lastIndexOf(NEWLINE) + 1
    yield lines(all.subarray(0, end))
    parts = [all.subarray(end)]
    size = all.length - end
  }
  if (size > 0) yield lines(Buffer.concat(parts, size))
}

function lines(bytes: Buffer): Lines {
  let rows = 0
  for (let at = bytes.indexOf(NEWLINE); at >= 0; at = bytes.indexOf(NEWLINE, at + 1)) rows += 1
  return { bytes, rows }
}
