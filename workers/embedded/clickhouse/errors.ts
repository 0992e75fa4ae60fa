/** ClickHouse's own numbers for the errors that this front raises itself (src/Common/ErrorCodes.cpp). */
export const ErrorCode = {
  NOT_IMPLEMENTED: 48,
  SYNTAX_ERROR: 62,
  FILE_DOESNT_EXIST: 107,
  QUERY_IS_TOO_LARGE: 162,
  TOO_MANY_SIMULTANEOUS_QUERIES: 202,
  BAD_ARGUMENTS: 36,
  ABORTED: 236,
  INCORRECT_DATA: 117,
  QUERY_WAS_CANCELLED: 394,
  ACCESS_DENIED: 497,
  AUTHENTICATION_FAILED: 516,
  NOT_ENOUGH_SPACE: 243,
  ZLIB_INFLATE_FAILED: 354,
  STD_EXCEPTION: 1001,
} as const

/** The name of an error that this front raises itself. */
export type ErrorName = keyof typeof ErrorCode

/** An error as ClickHouse words it: `Code: 60. DB::Exception: … (UNKNOWN_TABLE)`, with its number. */
export class EngineError extends Error {
  /** ClickHouse's error number. */
  readonly code: number

  /** @param code ClickHouse's error number @param message the whole text, `Code:` included */
  constructor(code: number, message: string) {
    super(message)
    this.name = 'EngineError'
    this.code = code
  }
}

/** Builds an error of the front itself in ClickHouse's wording. */
export function frontError(name: ErrorName, text: string): EngineError {
  const code = ErrorCode[name]
  return new EngineError(code, `Code: ${code}. DB::Exception: ${text} (${name})`)
}

/**
 * Turns what the engine threw into an {@link EngineError}: one `Code:` prefix, the innermost, and no spool file path
 * (the caller sent a body and knows nothing of a file).
 */
export function engineError(raw: string): EngineError {
  const text = raw
    .replace(/^Query failed: /, '')
    .replace(/^(?:Code: \d+\. DB::Exception: )+(?=Code: \d+\. DB::Exception: )/, '')
    .replace(/ \(([A-Z0-9_]+)\) \(version [^)]*\)\.(?= \(\1\)$)/, '')
    .replace(/: \(in file\/uri [^)]*\)/g, '')
    .replace(/: While executing File: data for INSERT was parsed from file/g, '')
    .trim()
  const code = /^Code: (\d+)\./.exec(text)?.[1]
  if (code !== undefined) return new EngineError(Number(code), text)
  return frontError('STD_EXCEPTION', text === '' ? 'The engine failed without saying why.' : text)
}

const badRequest = new Set([
  6, 25, 26, 27, 36, 38, 41, 53, 62, 69, 72, 117, 167, 168, 170, 193, 321, 376, 377, 441, 456, 457, 675, 676,
])
const notFound = new Set([46, 47, 50, 56, 60, 63, 73, 78, 81, 115, 125, 128, 336])

/**
 * The HTTP status ClickHouse gives an error number (its `exceptionCodeToHTTPStatus`), except for 202, which is 503
 * here so that a client may try again.
 */
export function httpStatus(code: number): number {
  if (code === 202 || code === 236 || code === 209) return 503
  if (code === 159) return 408
  if (code === 162) return 413
  if (code === 48) return 501
  if (code === 516 || code === 497) return 403
  if (notFound.has(code)) return 404
  if (badRequest.has(code)) return 400
  return 500
}
