import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, type InputType, inflate, zstdDecompress } from 'node:zlib'
import { AppError } from '#server/platform/errors.ts'
import { discard } from '#server/platform/memory.ts'
import { answerTooSlow } from './connections.ts'

/** Contract: at most 10 MB unpacked. */
const MOST_BYTES = 10 * 1024 * 1024
/** Bodies of all requests together: past it callers are asked to wait, so that memory stays bounded. */
const MOST_BYTES_IN_FLIGHT = 256 * 1024 * 1024
/**
 * An oversized body is read and thrown away up to here before it is refused: a client that is still sending when the
 * connection closes sees a reset instead of the answer.
 */
const MOST_BYTES_DISCARDED = 64 * 1024 * 1024
/**
 * A packed body may unpack to so many times its size. Events that differ in nothing but their ids stay below 50; a bomb
 * reaches thousands, and costs its sender next to nothing.
 */
const MOST_RATIO = 200
/** Up to here any ratio is harmless. */
const SMALL_BYTES = 1024 * 1024
/** Unpacking and the log's syncs share the runtime's four threads: one is left for the log, whatever arrives. */
const UNPACKED_AT_ONCE = 3

type Unpack = (packed: InputType, options: { maxOutputLength: number; chunkSize: number }) => Promise<Buffer>
const unpackers: Record<string, Unpack> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  zstd: promisify(zstdDecompress) as Unpack,
}

/** Each piece of output is a round trip to a thread; the runtime's own 16 KB would make hundreds of them. */
const CHUNK_BYTES = { least: 16 * 1024, most: 1024 * 1024 }

let unpacking = 0
/** Smallest first: what one can cost is bounded by its size, and nobody waits behind somebody else's bombs. */
const waiting: { bytes: number; start(): void }[] = []

/** Resolves once there is a thread for a body of so many packed bytes. */
function unpackingTurn(bytes: number): Promise<void> {
  if (unpacking < UNPACKED_AT_ONCE) {
    unpacking += 1
    return Promise.resolve()
  }
  return new Promise((start) => {
    const larger = waiting.findIndex((other) => other.bytes > bytes)
    waiting.splice(larger === -1 ? waiting.length : larger, 0, { bytes, start })
  })
}

/** Gives the thread to the next one in line. */
function endTurn(): void {
  const next = waiting.shift()
  if (next) next.start()
  else unpacking -= 1
}

/** How much a body may hold, packed and unpacked, and what its sender is told otherwise. */
export interface BodyLimit {
  bytes: number
  message: string
}

const CONTRACT: BodyLimit = {
  bytes: MOST_BYTES,
  message: 'The body is larger than 10 MB unpacked. Send fewer events in each request.',
}

const tooLarge = ({ message }: BodyLimit) => new AppError('too_large', message)

let inFlight = 0

/** A body that was read, until `release` is called. */
export interface Body {
  bytes: Buffer
  /** Gives its memory back; call it once, and read `bytes` no more. */
  release(): void
}

/**
 * Reads and unpacks a request body; no more of it is held or unpacked than the limit allows.
 * @throws AppError `unsupported_media_type` for an unknown Content-Encoding, `too_large` past the limit (10 MB where none is
 * given) or 200 times the packed size,
 * `bad_request` for a body that cannot be unpacked or was cut off, `unavailable` when too many bodies are under way
 */
export async function readBody(request: IncomingMessage, limit: BodyLimit = CONTRACT): Promise<Body> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase()
  const unpack = unpackers[encoding]
  if (!unpack && encoding !== 'identity' && encoding !== '') {
    throw new AppError(
      'unsupported_media_type',
      `Content-Encoding "${encoding.slice(0, 40)}" is not known. Use gzip, br or zstd.`,
      {
        field: 'content-encoding',
      },
    )
  }
  if (inFlight > MOST_BYTES_IN_FLIGHT) {
    throw new AppError('unavailable', 'Too much is being received at the moment. Try again shortly.', { retryAfter: 1 })
  }
  let held = 0
  const hold = (bytes: number) => {
    held += bytes
    inFlight += bytes
  }
  const bodyOf = (bytes: Buffer): Body => ({
    bytes,
    release() {
      hold(-held)
      discard(bytes)
    },
  })
  try {
    const received = await receive(request, limit, hold)
    if (!unpack) return bodyOf(received)
    const bytes = await unpackWithin(unpack, received, encoding, limit)
    discard(received)
    hold(bytes.length)
    return bodyOf(bytes)
  } catch (error) {
    hold(-held)
    throw error
  }
}

async function unpackWithin(unpack: Unpack, packed: Buffer, encoding: string, limit: BodyLimit): Promise<Buffer> {
  const byRatio = Math.max(SMALL_BYTES, packed.length * MOST_RATIO)
  const chunkSize = Math.min(CHUNK_BYTES.most, Math.max(CHUNK_BYTES.least, packed.length * 8))
  await unpackingTurn(packed.length)
  try {
    return await unpack(packed, { maxOutputLength: Math.min(limit.bytes, byRatio), chunkSize })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') {
      if (byRatio >= limit.bytes) throw tooLarge(limit)
      throw new AppError(
        'too_large',
        `The body unpacks to more than ${MOST_RATIO} times its size. Send what is packed less, or unpacked.`,
      )
    }
    throw new AppError(
      'bad_request',
      `The body is not valid ${encoding}. Check that it was packed once and sent whole.`,
      { cause },
    )
  } finally {
    endTurn()
  }
}

/** The body as it arrives. Listeners instead of async iteration: it costs half as much on small bodies. */
function receive(request: IncomingMessage, limit: BodyLimit, hold: (bytes: number) => void): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    // A request that announces no body has ended before anybody listens.
    if (request.readableEnded) {
      resolve(Buffer.alloc(0))
      return
    }
    if (announced > MOST_BYTES_DISCARDED) {
      reject(tooLarge(limit))
      return
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= limit.bytes) {
        chunks.push(chunk)
        hold(chunk.length)
      } else {
        chunks.length = 0
        if (bytes > MOST_BYTES_DISCARDED) reject(tooLarge(limit))
      }
    })
    let ended = false
    request.on('end', () => {
      ended = true
      if (bytes > limit.bytes) reject(tooLarge(limit))
      else resolve(joined(chunks, bytes))
    })
    const cutOff = (cause?: unknown) => {
      // Every request closes in the end, and an error for nothing costs as much as reading a small body.
      if (!ended) reject(new AppError('bad_request', 'The body was cut off.', { cause }))
    }
    request.on('error', cutOff)
    request.on('close', cutOff)
    // A small body is here with its head and needs no clock.
    if (!request.complete) request.on('timeout', () => answerTooSlow(request.socket))
    // Gone while its key was looked up: no event will come any more.
    if (request.destroyed) cutOff()
  })
}

/** The pieces as one buffer; they are gone then. */
function joined(chunks: readonly Buffer[], bytes: number): Buffer {
  const [first] = chunks
  if (chunks.length === 1 && first) return first
  const whole = Buffer.concat(chunks, bytes)
  for (const chunk of chunks) discard(chunk)
  return whole
}

/**
 * Reads what is left of a refused request's body, within bounds, so that its sender gets to read the answer.
 * @param quietMs a sender that is silent for so long waits for the answer
 */
export function discardRest(request: IncomingMessage, timeoutMs = 5_000, quietMs = 1_000): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let bytes = 0
    const done = () => {
      clearTimeout(timer)
      clearTimeout(quiet)
      resolve()
    }
    const timer = setTimeout(done, timeoutMs)
    const quiet = setTimeout(done, quietMs)
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES_DISCARDED) done()
      else quiet.refresh()
    })
    request.once('end', done)
    request.once('close', done)
    request.resume()
  })
}
