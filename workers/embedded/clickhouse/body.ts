import { createWriteStream, writeFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createBrotliDecompress, createGunzip, createInflate, createZstdDecompress } from 'node:zlib'
import { discard } from '#server/platform/memory.ts'
import { frontError } from './errors.ts'

/** SQL text longer than this is refused; data of an insert has no limit but the disk's. */
export const maxSqlBytes = 64 * 1024 * 1024
const smallBody = 1024 * 1024

/** The body as it was before compression. */
function decoded(request: IncomingMessage): { stream: Readable; plain: boolean } {
  const encoding = request.headers['content-encoding']?.trim().toLowerCase() ?? 'identity'
  if (encoding === 'identity' || encoding === '') return { stream: request, plain: true }
  const decoder =
    encoding === 'gzip'
      ? createGunzip()
      : encoding === 'deflate'
        ? createInflate()
        : encoding === 'br'
          ? createBrotliDecompress()
          : encoding === 'zstd'
            ? createZstdDecompress()
            : undefined
  if (decoder === undefined) {
    throw frontError(
      'NOT_IMPLEMENTED',
      `Content-Encoding '${encoding}' is not supported; use gzip, deflate, br or zstd.`,
    )
  }
  request.on('error', (error) => decoder.destroy(error))
  // A client that goes away half-way must not look like the end of its data.
  request.on('aborted', () => decoder.destroy(new Error('aborted')))
  return { stream: request.pipe(decoder), plain: false }
}

/**
 * Reads a body as text.
 * @throws EngineError 162 past {@link maxSqlBytes}, 354 for a body that does not decompress
 */
export async function readText(request: IncomingMessage): Promise<string> {
  return (await readAll(request)).toString('utf8')
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const { stream } = decoded(request)
  const chunks: Buffer[] = []
  let size = 0
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) {
      size += chunk.length
      if (size > maxSqlBytes) {
        throw frontError('QUERY_IS_TOO_LARGE', `The query is longer than ${maxSqlBytes} bytes; send data as an insert.`)
      }
      chunks.push(chunk)
    }
  } catch (error) {
    throw bodyError(error)
  }
  return chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks, size)
}

/**
 * Writes a body to a new file, in bounded memory; the engine reads rows from files several times faster than from SQL
 * text, and a body that breaks off is never inserted in part.
 * @throws EngineError 354 for a body that does not decompress, 243 when the disk is full
 */
export async function spoolBody(request: IncomingMessage, path: string): Promise<void> {
  const length = Number(request.headers['content-length'] ?? Number.POSITIVE_INFINITY)
  const { stream, plain } = decoded(request)
  try {
    if (plain && length <= smallBody) {
      const chunks: Buffer[] = []
      for await (const chunk of stream as AsyncIterable<Buffer>) chunks.push(chunk)
      writeFileSync(path, chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks))
    } else if (plain) {
      await writeFile(path, thrownAway(request))
    } else {
      await pipeline(stream, createWriteStream(path, { highWaterMark: smallBody }))
    }
  } catch (error) {
    throw bodyError(error)
  }
}

/** The pieces of a body, each given back once it was used: as garbage they cost more than writing them. */
async function* thrownAway(request: IncomingMessage): AsyncGenerator<Buffer> {
  for await (const chunk of request as AsyncIterable<Buffer>) {
    yield chunk
    discard(chunk)
  }
}

function bodyError(error: unknown): Error {
  if (!(error instanceof Error)) return new Error(String(error))
  const code = 'code' in error ? String(error.code) : ''
  if (/^(Z_|ERR_BROTLI|ERR__ERROR_FORMAT|ZSTD)/.test(code)) {
    return frontError('ZLIB_INFLATE_FAILED', `The request body does not decompress: ${error.message}.`)
  }
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return frontError('NOT_ENOUGH_SPACE', 'The disk is full; nothing of this insert was stored.')
  }
  return error
}
