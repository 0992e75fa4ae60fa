import type { Readable } from 'node:stream'
import { Transform, type TransformCallback } from 'node:stream'
import { AppError } from '#server/platform/errors.ts'
import { queryError } from './errors.ts'
import { observeQuery } from './observe.ts'
import type { QueryOrigin, TenantQuery } from './tenant-query.ts'

/** Longer than the exception frame a server writes behind cut-off data (its text is at most 16 KB). */
const TAIL_BYTES = 32 * 1024

/**
 * Runs a query whose result goes to the caller byte by byte in one of the engine's formats. No row cap; bounded memory.
 * @returns the bytes; the stream fails, and never just ends, when the engine fails half way
 * @throws AppError as {@link TenantQuery.rows}
 */
export async function streamQuery(
  query: TenantQuery,
  sql: string,
  format: 'CSV' | 'JSONEachRow' | 'Parquet',
  origin: QueryOrigin,
): Promise<Readable> {
  const started = performance.now()
  const { clickhouse_settings: settings, ...options } = query.options(sql, origin)
  const { max_result_rows: _rows, result_overflow_mode: _mode, ...limits } = settings
  try {
    const result = await query.client().exec({
      query: `${sql} format ${format}`,
      ...options,
      // An absent value is an empty cell; an empty text is "".
      clickhouse_settings: { ...limits, max_execution_time: 1800, format_csv_null_representation: '' },
    })
    const tag = result.response_headers['x-clickhouse-exception-tag']
    const guard = new ExceptionGuard(typeof tag === 'string' ? tag : '')
    result.stream.once('error', (error) => guard.destroy(error))
    guard.once('close', () => {
      result.stream.destroy()
      observeQuery(origin.surface, guard.errored ? 'error' : 'ok', performance.now() - started)
    })
    return result.stream.pipe(guard)
  } catch (error) {
    observeQuery(origin.surface, 'error', performance.now() - started)
    throw queryError(error, origin.signal)
  }
}

/**
 * Passes bytes on, keeping the last ones back until the end: a server that fails after it has begun to answer writes the
 * error into the body behind a tag, and without this look cut-off data would pass as complete.
 */
export class ExceptionGuard extends Transform {
  readonly #mark: Buffer | undefined
  #tail: Buffer = Buffer.alloc(0)

  constructor(tag: string) {
    super()
    this.#mark = tag === '' ? undefined : Buffer.from(`__exception__\r\n${tag}`)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, callback: TransformCallback): void {
    const all = this.#tail.length === 0 ? chunk : Buffer.concat([this.#tail, chunk])
    const cut = Math.max(0, all.length - TAIL_BYTES)
    this.#tail = all.subarray(cut)
    callback(null, cut === 0 ? undefined : all.subarray(0, cut))
  }

  override _flush(callback: TransformCallback): void {
    if (this.#mark && this.#tail.includes(this.#mark)) {
      callback(new AppError('internal', 'The export broke off. Start it again.'))
      return
    }
    callback(null, this.#tail)
  }
}
