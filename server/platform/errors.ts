/** What went wrong, in the words the API answers with; the HTTP status follows from it. */
export type ErrorCode =
  | 'bad_request'
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'not_found'
  | 'method_not_allowed'
  | 'conflict'
  | 'too_large'
  | 'unsupported_media_type'
  | 'rate_limited'
  | 'quota_exceeded'
  | 'unavailable'
  | 'internal'

const STATUS: Record<ErrorCode, number> = {
  bad_request: 400,
  invalid: 422,
  unauthorized: 401,
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  conflict: 409,
  too_large: 413,
  unsupported_media_type: 415,
  rate_limited: 429,
  quota_exceeded: 429,
  unavailable: 503,
  internal: 500,
}

/** Which limit was met, for the RateLimit fields of HTTP. */
export interface MetLimit {
  /** Its name, such as `events-per-key`. */
  name: string
  /** How much it allows in its window. */
  quota: number
  windowSeconds: number
  /** How much of it is left now. */
  remaining: number
}

/** An error meant to be read by the caller: its message says what happened and what to do next. */
export class AppError extends Error {
  readonly code: ErrorCode
  /** The input field at fault, where there is one. */
  readonly field: string | undefined
  /** Seconds after which trying again makes sense, for rate_limited, quota_exceeded and unavailable. */
  readonly retryAfter: number | undefined
  /** The limit that was met, for rate_limited. */
  readonly limit: MetLimit | undefined

  constructor(
    code: ErrorCode,
    message: string,
    options: { field?: string; retryAfter?: number; limit?: MetLimit; cause?: unknown } = {},
  ) {
    super(message, { cause: options.cause })
    this.name = 'AppError'
    this.code = code
    this.field = options.field
    this.retryAfter = options.retryAfter
    this.limit = options.limit
  }

  /** The HTTP status that belongs to the code. */
  get status(): number {
    return STATUS[this.code]
  }
}

/** The body every HTTP interface answers an error with (contract: "Errors everywhere"). */
export interface ErrorBody {
  error: { code: ErrorCode; message: string; field?: string; request_id: string }
}

/**
 * Turns any thrown value into status and body. What is not an AppError stays unsaid: its text may hold data or paths.
 * @param error the thrown value
 * @param requestId the id the log lines of this request carry
 */
export function toErrorResponse(error: unknown, requestId: string): { status: number; body: ErrorBody } {
  if (error instanceof AppError) {
    const { code, message, field, status } = error
    return { status, body: { error: { code, message, ...(field ? { field } : {}), request_id: requestId } } }
  }
  return {
    status: 500,
    body: {
      error: {
        code: 'internal',
        message: 'Something failed on our side. Try again; if it stays, quote the request id.',
        request_id: requestId,
      },
    },
  }
}
