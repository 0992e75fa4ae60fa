import { randomBytes } from 'node:crypto'
import type { ServerResponse } from 'node:http'
import type { Transform } from 'node:stream'
import { createBrotliCompress, createDeflate, createGzip, createZstdCompress } from 'node:zlib'
import { type EngineError, httpStatus } from './errors.ts'
import { contentType } from './formats.ts'
import type { JobStats } from './protocol.ts'
import type { QueryRequest } from './request.ts'

/** How long a broken response stays open, so that its reader meets the error text before the closed connection. */
const lingerMs = 100

/** One response of the HTTP interface: head with the first bytes, errors in ClickHouse's way before and after it. */
export class QueryResponse {
  #response: ServerResponse
  #request: QueryRequest
  #format: string
  #exceptionTag = randomBytes(8).toString('hex')
  #encoder: Transform | undefined

  /** @param format the format of the result, for the headers */
  constructor(response: ServerResponse, request: QueryRequest, format: string) {
    this.#response = response
    this.#request = request
    this.#format = format
  }

  /** Sends a piece of the result; settles when more may come, rejects when the client has gone. */
  async write(bytes: Uint8Array): Promise<void> {
    if (!this.#response.headersSent) this.#head(undefined)
    const target = this.#encoder ?? this.#response
    if (!target.write(bytes)) await this.#drained(target)
    if (this.#response.destroyed) throw new Error('The client has gone.')
  }

  /** Ends a successful response; without a body, the statistics go into the head, where they are known. */
  end(stats: JobStats, written: 'none' | 'all' | 'unknown'): void {
    if (!this.#response.headersSent) this.#head(written === 'unknown' ? undefined : summary(stats, written === 'all'))
    const target = this.#encoder ?? this.#response
    target.end()
  }

  /**
   * Answers with an error. After the first bytes of the result it follows as a tagged frame, and the response is cut
   * off without its end, so that no reader can take it for a whole one.
   */
  fail(error: EngineError): void {
    const response = this.#response
    if (response.destroyed) return
    if (!response.headersSent) {
      response.writeHead(httpStatus(error.code), {
        ...this.#commonHeaders(),
        'Content-Type': 'text/plain; charset=UTF-8',
        'X-ClickHouse-Exception-Code': String(error.code),
      })
      response.end(`${error.message}\n`)
      return
    }
    const tag = this.#exceptionTag
    const text = `${error.message}\n`
    const frame = `\r\n__exception__\r\n${tag}\r\n${text}${Buffer.byteLength(text)} ${tag}\r\n__exception__\r\n`
    const cut = () => setTimeout(() => response.destroy(), lingerMs).unref()
    if (this.#encoder === undefined) {
      response.write(frame, cut)
    } else {
      const encoder = this.#encoder
      encoder.write(frame, () =>
        'flush' in encoder && typeof encoder.flush === 'function' ? encoder.flush(cut) : cut(),
      )
    }
  }

  #head(summaryText: string | undefined): void {
    const encoding = this.#request.encoding
    this.#response.writeHead(200, {
      ...this.#commonHeaders(),
      'Content-Type': contentType(this.#format),
      'X-ClickHouse-Format': this.#format,
      ...(summaryText === undefined ? {} : { 'X-ClickHouse-Summary': summaryText }),
      ...(encoding === undefined ? {} : { 'Content-Encoding': encoding }),
    })
    if (encoding === undefined) return
    this.#encoder = createEncoder(encoding)
    this.#encoder.pipe(this.#response)
    this.#response.once('close', () => this.#encoder?.destroy())
  }

  #commonHeaders(): Record<string, string> {
    return {
      'X-ClickHouse-Query-Id': this.#request.queryId,
      'X-ClickHouse-Server-Display-Name': 'embedded',
      'X-ClickHouse-Timezone': 'UTC',
      'X-ClickHouse-Exception-Tag': this.#exceptionTag,
    }
  }

  /** A client that has gone never drains, so its going ends the wait too. */
  #drained(target: NodeJS.EventEmitter): Promise<void> {
    const response = this.#response
    if (response.destroyed) return Promise.resolve()
    return new Promise((resolve) => {
      const done = () => {
        target.off('drain', done)
        response.off('close', done)
        resolve()
      }
      target.on('drain', done)
      response.on('close', done)
    })
  }
}

function createEncoder(encoding: NonNullable<QueryRequest['encoding']>): Transform {
  if (encoding === 'gzip') return createGzip({ level: 3 })
  if (encoding === 'deflate') return createDeflate({ level: 3 })
  if (encoding === 'zstd') return createZstdCompress()
  return createBrotliCompress()
}

function summary(stats: JobStats, wrote: boolean): string {
  const rows = String(stats.rows)
  const bytes = String(stats.bytes)
  return JSON.stringify({
    read_rows: rows,
    read_bytes: bytes,
    written_rows: wrote ? rows : '0',
    written_bytes: wrote ? bytes : '0',
    total_rows_to_read: '0',
    result_rows: rows,
    result_bytes: bytes,
    elapsed_ns: String(Math.round(stats.seconds * 1e9)),
  })
}
