import { cleanUpAccounts } from '#server/modules/account/index.ts'
import { closeStores } from '#server/stores/index.ts'
import type { StartWorker } from '../runtime/index.ts'
import { keepUsage } from './usage.ts'

const EVERY_MS = 15 * 60_000

/**
 * The jobs role: removes expired sessions, sign-ups, resets and rate-limit counters every quarter of an hour, and counts
 * what organizations use of their plans.
 */
export const start: StartWorker = async ({ env, logger, signal }) => {
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    running = cleanUpAccounts().catch((error: unknown) =>
      logger.error({ err: error }, 'clean-up failed; it is tried again next time'),
    )
  }
  run()
  const timer = setInterval(run, EVERY_MS)
  const stopUsage = keepUsage({ env, logger })
  signal.addEventListener('abort', () => clearInterval(timer))
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all([running, stopUsage()])
      await closeStores()
    },
  }
}
