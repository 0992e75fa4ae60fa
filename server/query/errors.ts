import { ClickHouseError } from '@clickhouse/client'
import { AppError } from '#server/platform/errors.ts'

/** TIMEOUT_EXCEEDED, MEMORY_LIMIT_EXCEEDED, TOO_MANY_ROWS(_OR_BYTES), and cancelled by us. */
const TOO_MUCH = new Set(['159', '160', '241', '158', '307', '396'])
const BUSY = new Set(['202', '209', '236', '394'])
const NETWORK = new Set(['ECONNREFUSED', 'ECONNRESET', 'EPIPE', 'ETIMEDOUT', 'ENOTFOUND', 'EHOSTUNREACH'])

/**
 * Turns what the engine or its client threw into what the caller may read; what nobody expected stays as it is.
 * @param signal the caller's: a caller who has gone away is no failure of ours
 */
export function queryError(error: unknown, signal?: AbortSignal): unknown {
  if (signal?.aborted) return new AppError('unavailable', 'The request was cancelled.', { cause: error })
  if (error instanceof ClickHouseError) {
    if (TOO_MUCH.has(error.code)) {
      return new AppError('invalid', 'This question reads too much data. Choose a shorter range or fewer dimensions.', {
        cause: error,
      })
    }
    if (BUSY.has(error.code)) {
      return new AppError('unavailable', 'The report store is busy. Try again in a few seconds.', {
        retryAfter: 5,
        cause: error,
      })
    }
    return error
  }
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  if (NETWORK.has(code)) {
    return new AppError('unavailable', 'The report store cannot be reached right now. Try again in a few seconds.', {
      retryAfter: 5,
      cause: error,
    })
  }
  return error
}
