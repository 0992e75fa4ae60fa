import { forgetOldRefusals, refreshUsage } from '#server/modules/usage/index.ts'
import { systemClock } from '#server/platform/clock.ts'
import type { Env } from '#server/platform/env.ts'
import type { Logger } from '#server/platform/logger.ts'

/** Events above a plan's bound are taken for at most this long, the loader's lag and one count: see docs/operations.md. */
const EVERY_MS = 15_000
const TIDY_EVERY_MS = 60 * 60_000

/**
 * Counts what organizations use of their plans, every 15 seconds, one count at a time.
 * @returns a function that ends it and resolves once the count under way is done
 */
export function keepUsage({ env, logger }: { env: Pick<Env, 'QUOTAS'>; logger: Logger }): () => Promise<void> {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let tidiedAt = 0
  const once = async () => {
    const now = systemClock.now()
    try {
      const { failedMails } = await refreshUsage({ now, warn: env.QUOTAS === 'plan' })
      for (const error of failedMails) logger.error({ err: error }, 'a warning about a plan waits for the mail server')
      if (now - tidiedAt >= TIDY_EVERY_MS) await forgetOldRefusals(now)
      tidiedAt = now - tidiedAt >= TIDY_EVERY_MS ? now : tidiedAt
    } catch (error) {
      logger.error({ err: error }, 'usage was not counted; the counts of before stand until the next try')
    }
    if (!stopped) timer = setTimeout(next, EVERY_MS)
  }
  let running: Promise<void> = Promise.resolve()
  const next = () => {
    running = once()
  }
  next()
  return () => {
    stopped = true
    clearTimeout(timer)
    return running
  }
}
