import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'

const answerSchema = z.object({
  accepted: z.number().default(0),
  rejected: z
    .array(z.object({ index: z.number(), code: z.string(), message: z.string(), field: z.string() }))
    .default([]),
})

/** What a collector made of a batch. */
export interface Answer extends z.output<typeof answerSchema> {
  requestId: string | null
}

/** A collector that is away or busy is asked again for about this long, in milliseconds. */
const PATIENCE_MS = 10 * 60_000
const LONGEST_WAIT_SECONDS = 30

/**
 * Posts a batch of lines; waits and tries again while the collector is busy or away, so that its restart does not end what
 * is under way. A batch sent twice counts once.
 * @throws AppError quota_exceeded when the plan is used up; unavailable when the collector refuses the whole batch, or is away for ten minutes
 */
export async function post(
  url: string,
  body: string,
  headers: Record<string, string>,
  signal?: AbortSignal,
): Promise<Answer> {
  const began = Date.now()
  for (;;) {
    const answered = await attempt(url, body, headers, signal)
    if ('answer' in answered) return answered.answer
    signal?.throwIfAborted()
    if (Date.now() - began > PATIENCE_MS) throw new AppError('unavailable', answered.problem)
    await sleep(Math.min(answered.waitSeconds, LONGEST_WAIT_SECONDS) * 1000, undefined, signal ? { signal } : {})
  }
}

type Attempt = { answer: Answer } | { problem: string; waitSeconds: number }

async function attempt(
  url: string,
  body: string,
  headers: Record<string, string>,
  signal: AbortSignal | undefined,
): Promise<Attempt> {
  let response: Response
  let text: string
  try {
    response = await fetch(url, {
      method: 'POST',
      body,
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      ...(signal ? { signal } : {}),
    })
    text = await response.text()
  } catch (error) {
    return { problem: `The collector at ${new URL(url).origin} does not answer: ${causeOf(error)}`, waitSeconds: 1 }
  }
  if (response.status === 202 || response.status === 422) {
    return { answer: { ...answerSchema.parse(JSON.parse(text)), requestId: response.headers.get('x-request-id') } }
  }
  const refused = refusalSchema.safeParse(jsonOf(text)).data?.error
  // Waiting does not help where the plan is used up; the import goes on when there is room again.
  if (refused?.code === 'quota_exceeded') throw new AppError('quota_exceeded', refused.message)
  const problem = `The collector answered ${response.status}: ${text.slice(0, 500)}`
  if (response.status !== 429 && response.status !== 503) throw new AppError('unavailable', problem)
  return { problem, waitSeconds: Number(response.headers.get('retry-after') ?? 1) || 1 }
}

const refusalSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

/** Whatever stands in front of a collector may answer something else than JSON. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

const causeOf = (error: unknown): string => {
  const inner = error instanceof Error && error.cause instanceof Error ? error.cause : error
  return inner instanceof Error ? inner.message : String(inner)
}
