import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'
import { AppError } from '#server/platform/errors.ts'

const answerSchema = z.object({
  accepted: z.number(),
  rejected: z.array(z.object({ index: z.number(), code: z.string(), message: z.string(), field: z.string() })),
})
export type CollectorAnswer = z.output<typeof answerSchema>
const errorSchema = z.object({ error: z.object({ code: z.string(), message: z.string() }) })

const TRIES = 5
const LONGEST_WAIT_MS = 3_000
const TIMEOUT_MS = 30_000

/**
 * Sends lines to a collector as a server does. A collector that is busy is asked again a few times.
 * @param url of the collector's route
 * @throws AppError `quota_exceeded` when the plan is used up, `unavailable` when the collector is away or stays busy;
 * nothing of the batch was taken then
 */
export async function sendLines(
  url: string,
  lines: readonly string[],
  headers: Record<string, string>,
): Promise<CollectorAnswer> {
  for (let attempt = 1; ; attempt += 1) {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-ndjson' },
      body: lines.join('\n'),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch((cause: unknown) => {
      const message = `The collector at ${new URL(url).origin} does not answer. Check that it runs and that COLLECTOR_URL can be reached from here.`
      throw new AppError('unavailable', message, { retryAfter: 10, cause })
    })
    const text = await response.text()
    if (response.status === 202 || response.status === 422) return answerSchema.parse(JSON.parse(text))
    const told = errorSchema.safeParse(JSON.parse(text || 'null')).data?.error
    if (told?.code === 'quota_exceeded') throw new AppError('quota_exceeded', told.message)
    const busy = response.status === 429 || response.status === 503
    if (!busy || attempt === TRIES) {
      throw new AppError(
        'unavailable',
        `The collector answered ${response.status}: ${told?.message ?? 'no reason given'}`,
        {
          retryAfter: 10,
        },
      )
    }
    await sleep(Math.min(LONGEST_WAIT_MS, Number(response.headers.get('retry-after') ?? 1) * 1000))
  }
}
