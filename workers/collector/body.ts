import type { IncomingMessage } from 'node:http'
import { promisify } from 'node:util'
import { brotliDecompress, gunzip, type InputType, inflate, zstdDecompress } from 'node:zlib'
import { AppError } from '#server/platform/errors.ts'

/** Contract: at most 10 MB unpacked. */
export const MOST_BYTES = 10 * 1024 * 1024
/** Bodies of all requests together: past it callers are asked to wait, so that memory stays bounded. */
const MOST_BYTES_IN_FLIGHT = 256 * 1024 * 1024
/**
 * An oversized body is read and thrown away up to here before it is refused: a client that is still sending when the
 * connection closes sees a reset instead of the answer.
 */
const MOST_BYTES_DISCARDED = 64 * 1024 * 1024

type Unpack = (packed: InputType, options: { maxOutputLength: number }) => Promise<Buffer>
const unpackers: Record<string, Unpack> = {
  gzip: promisify(gunzip) as Unpack,
  'x-gzip': promisify(gunzip) as Unpack,
  deflate: promisify(inflate) as Unpack,
  br: promisify(brotliDecompress) as Unpack,
  zstd: promisify(zstdDecompress) as Unpack,
}

const tooLarge = () =>
  new AppError('too_large', 'The body is larger than 10 MB unpacked. Send fewer events in each request.')

let inFlight = 0

/** A body that was read, until `release` is called. */
export interface Body {
  bytes: Buffer
  /** Gives its share of the memory bound back; call it once. */
  release(): void
}

/**
 * Reads and unpacks a request body.
 * @throws AppError `unsupported_media_type` for an unknown Content-Encoding, `too_large` past 10 MB unpacked,
 * `bad_request` for a body that cannot be unpacked or was cut off, `unavailable` when too many bodies are under way
 */
export async function readBody(request: IncomingMessage): Promise<Body> {
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
  const release = () => hold(-held)
  try {
    const received = await receive(request, hold)
    if (!unpack) return { bytes: received, release }
    const bytes = await unpackWithin(unpack, received, encoding)
    hold(bytes.length)
    return { bytes, release }
  } catch (error) {
    release()
    throw error
  }
}

async function unpackWithin(unpack: Unpack, packed: Buffer, encoding: string): Promise<Buffer> {
  try {
    return await unpack(packed, { maxOutputLength: MOST_BYTES })
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ERR_BUFFER_TOO_LARGE') throw tooLarge()
    throw new AppError(
      'bad_request',
      `The body is not valid ${encoding}. Check that it was packed once and sent whole.`,
      { cause },
    )
  }
}

/** The body as it arrives. Listeners instead of async iteration: it costs half as much on small bodies. */
function receive(request: IncomingMessage, hold: (bytes: number) => void): Promise<Buffer> {
  const announced = Number(request.headers['content-length'] ?? 0)
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    let bytes = 0
    if (announced > MOST_BYTES_DISCARDED) {
      reject(tooLarge())
      return
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes <= MOST_BYTES) {
        chunks.push(chunk)
        hold(chunk.length)
      } else {
        chunks.length = 0
        if (bytes > MOST_BYTES_DISCARDED) reject(tooLarge())
      }
    })
    request.on('end', () => {
      if (bytes > MOST_BYTES) reject(tooLarge())
      else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks, bytes))
    })
    const cutOff = (cause?: unknown) => reject(new AppError('bad_request', 'The body was cut off.', { cause }))
    request.on('error', cutOff)
    request.on('close', cutOff)
    // Gone while its key was looked up: no event will come any more.
    if (request.destroyed) cutOff()
  })
}

/** Reads what is left of a refused request's body, within bounds, so that its sender gets to read the answer. */
export function discardRest(request: IncomingMessage, timeoutMs = 5_000): Promise<void> {
  if (request.complete || request.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    let bytes = 0
    const timer = setTimeout(resolve, timeoutMs)
    const done = () => {
      clearTimeout(timer)
      resolve()
    }
    request.on('data', (chunk: Buffer) => {
      bytes += chunk.length
      if (bytes > MOST_BYTES_DISCARDED) done()
    })
    request.once('end', done)
    request.once('close', done)
    request.resume()
  })
}
