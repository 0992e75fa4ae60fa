import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'

const answerSchema = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), code: z.string(), message: z.string(), field: z.string() })),
  /** Accepted without an id or a time of their own: sent again they count twice. */
  non_idempotent: z.number().default(0),
})
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** What a collector made of a batch. */
export interface CollectorAnswer extends z.output<typeof answerSchema> {
  /** The name of the request, as the collector answered it. */
  requestId: string | null
}

/** Where a person waits, a collector that is busy is asked again for about this long, and one that is away is not. */
const PATIENCE_MS = 10_000
const LONGEST_WAIT_MS = 30_000
const TIMEOUT_MS = 30_000
/** Busy, or a proxy whose collector restarts. */
const PASSES: ReadonlySet<number> = new Set([429, 502, 503, 504])

/**
 * Sends lines to a collector as a server does; events with ids of their own that are sent twice count once.
 * @param url of the collector's route
 * @param options patienceMs: for how long (milliseconds) a collector that is busy or away is asked again, so that its
 * restart does not end what is under way; absent: ten seconds if it is busy. signal: ends it, with the signal's reason
 * @throws AppError `quota_exceeded` when the plan is used up, `unavailable` when the collector refuses the whole batch, or
 * is away or busy for longer than the patience
 */
export async function sendLines(
  url: string,
  lines: readonly string[],
  headers: Record<string, string>,
  options: { patienceMs?: number; signal?: AbortSignal | undefined } = {},
): Promise<CollectorAnswer> {
  const { patienceMs, signal } = options
  const body = lines.join('\n')
  const began = performance.now()
  for (let attempt = 0; ; attempt += 1) {
    const answered = await send(url, body, headers, signal)
    if ('answer' in answered) return answered.answer
    signal?.throwIfAborted()
    const waitMs = Math.min(answered.waitMs ?? Math.min(200 * 2 ** attempt, 3_000), LONGEST_WAIT_MS)
    const patience = patienceMs ?? (answered.away ? 0 : PATIENCE_MS)
    const left = patience - (performance.now() - began)
    if (left < waitMs) throw new AppError('unavailable', answered.problem, { retryAfter: 10, cause: answered.cause })
    await sleep(waitMs, undefined, signal ? { signal } : {})
  }
}

/** The answer, or why there is none yet and how long to wait; without a time the caller chooses one. */
type Attempt =
  | { answer: CollectorAnswer }
  | { problem: string; away: boolean; waitMs?: number | undefined; cause?: unknown }

async function send(
  url: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  const timeout = AbortSignal.timeout(TIMEOUT_MS)
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    text = await response.text()
  } catch (cause) {
    const { origin } = new URL(url)
    const problem = `The collector at ${origin} does not answer. Check that it runs and that COLLECTOR_URL can be reached from here.`
    return { problem, away: true, cause }
  }
  const { status } = response
  const json = jsonOf(text)
  if (status === 202 || status === 422) {
    const answer = answerSchema.safeParse(json)
    if (answer.success) return { answer: { ...answer.data, requestId: response.headers.get('x-request-id') } }
  }
  const told = errorSchema.safeParse(json).data?.error
  // Waiting does not help where the plan is used up.
  if (told?.code === 'quota_exceeded') throw new AppError('quota_exceeded', told.message)
  const problem = `The collector answered ${status}: ${told?.message ?? (text.slice(0, 200).trim() || 'no reason given')}`
  if (!PASSES.has(status)) throw new AppError('unavailable', problem, { retryAfter: 10 })
  return { problem, away: false, waitMs: waitOf(response.headers.get('retry-after')) }
}

/** Retry-After (RFC 9110, 10.2.3) as milliseconds from now: a number of seconds or a date; undefined where it is neither. */
function waitOf(retryAfter: string | null): number | undefined {
  if (retryAfter === null) return undefined
  const ms = /^\s*\d+\s*$/.test(retryAfter) ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now()
  return Number.isNaN(ms) ? undefined : Math.max(0, ms)
}

/** Whatever stands in front of a collector may answer something else than JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
