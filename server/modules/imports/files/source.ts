import { createHash } from 'node:crypto'
import { createReadStream, type ReadStream } from 'node:fs'
import { open, stat } from 'node:fs/promises'
import { pipeline, type Readable, Transform } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { createGunzip, createZstdDecompress } from 'node:zlib'
import { AppError } from '#server/platform/errors.ts'
import type { FileFormat } from '../schema.ts'

const GZIP = Buffer.from([0x1f, 0x8b])
const ZSTD = Buffer.from([0x28, 0xb5, 0x2f, 0xfd])
const PARQUET = Buffer.from('PAR1')
/** Enough for the longest head row that vendors write. */
const BEGINNING_BYTES = 64 * 1024

/** What is packed may unpack to so many times its size, as at the collector. Of the first bytes nobody asks. */
const MOST_RATIO = 200
const SMALL_BYTES = 2 ** 20
/** Longest that reading may keep everything else of its process waiting, in milliseconds. */
const LONGEST_BREATH_MS = 20

type Packing = 'none' | 'gzip' | 'zstd'

async function packingOf(file: string): Promise<Packing> {
  const handle = await open(file, 'r')
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0)
    const magic = buffer.subarray(0, bytesRead)
    if (magic.subarray(0, 2).equals(GZIP)) return 'gzip'
    return magic.equals(ZSTD) ? 'zstd' : 'none'
  } finally {
    await handle.close()
  }
}

/** Tells how much of a file has been read, packed bytes counted as they lie on the disk. */
export class Meter {
  #stream: ReadStream | undefined
  #bytes = 0

  /** Called by whoever opens the file. */
  async watch(file: string, stream: ReadStream): Promise<void> {
    this.#stream = stream
    this.#bytes = (await stat(file)).size
  }

  /** From 0 to 1. */
  get share(): number {
    return this.#stream && this.#bytes > 0 ? Math.min(1, this.#stream.bytesRead / this.#bytes) : 0
  }
}

/**
 * Opens a file's bytes, unpacked where gzip or zstd packed them; the bytes themselves say so, not the file's name.
 * A damaged package fails the stream with an AppError that says so.
 */
export async function openBytes(file: string, meter?: Meter): Promise<Readable> {
  const packing = await packingOf(file)
  const raw = createReadStream(file)
  await meter?.watch(file, raw)
  if (packing === 'none') return raw
  const unpacked = packing === 'gzip' ? createGunzip() : createZstdDecompress()
  // An error on either side ends both; the reader sees it on the unpacked one.
  return pipeline(raw, unpacked, withinRatio(raw), () => undefined)
}

/** Passes bytes on until there are far too many of them for what was read: a few packed bytes must not keep us for hours. */
function withinRatio(raw: ReadStream): Transform {
  let bytes = 0
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      bytes += chunk.length
      if (bytes <= Math.max(SMALL_BYTES, raw.bytesRead * MOST_RATIO)) return done(null, chunk)
      const message = `The file unpacks to more than ${MOST_RATIO} times its size. If that is right, import it unpacked.`
      done(new AppError('invalid', message))
    },
  })
}

/**
 * For loops over a file's content that may go on for long without giving anything.
 * @returns call and await it often: it ends the loop when the signal is aborted, and lets others have their turn
 */
export function breather(signal: AbortSignal | undefined): () => Promise<void> | undefined {
  let last = performance.now()
  return () => {
    signal?.throwIfAborted()
    if (performance.now() - last < LONGEST_BREATH_MS) return undefined
    return turn().then(() => {
      signal?.throwIfAborted()
      last = performance.now()
    })
  }
}

/** Turns a fault of an unpacking stream into words; other errors come back as they are. */
export function readableFault(error: unknown): unknown {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (!/^(Z_|ZSTD_|ERR_ZSTD)/.test(code)) return error
  return new AppError('invalid', 'The file is damaged: it cannot be unpacked to its end. Make it again.', {
    cause: error,
  })
}

/** The first bytes of a file, unpacked: at most 64 KiB. */
export async function beginning(file: string): Promise<Buffer> {
  const parts: Buffer[] = []
  let bytes = 0
  const stream = await openBytes(file)
  try {
    for await (const chunk of stream) {
      parts.push(chunk as Buffer)
      bytes += (chunk as Buffer).length
      if (bytes >= BEGINNING_BYTES) break
    }
  } catch (error) {
    throw readableFault(error)
  } finally {
    stream.destroy()
  }
  return Buffer.concat(parts).subarray(0, BEGINNING_BYTES)
}

/** How a file is written, as its beginning shows: Parquet, one JSON object a line, AppsFlyer's raw data or another CSV. */
export function formatOf(first: Buffer): FileFormat {
  if (first.subarray(0, 4).equals(PARQUET)) return 'parquet'
  const text = first
    .toString('utf8')
    .replace(/^\uFEFF/, '')
    .trimStart()
  if (text.startsWith('{')) return 'ndjson'
  const head = text.split(/\r?\n/, 1)[0] ?? ''
  return /(^|[,;\t])"?AppsFlyer ID"?([,;\t]|$)/i.test(head) ? 'appsflyer' : 'csv'
}

/** What makes a file the same file: SHA-256 of its bytes as they lie on the disk, in hex, and how many there are. */
export async function fingerprintOf(file: string): Promise<{ fingerprint: string; bytes: number }> {
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(file, { highWaterMark: 2 ** 20 })) hash.update(chunk as Buffer)
  return { fingerprint: hash.digest('hex'), bytes: (await stat(file)).size }
}
