import { cleanUpAccounts } from '#server/modules/account/index.ts'
import { closeStores } from '#server/stores/index.ts'
import type { StartWorker } from '../runtime/index.ts'

const EVERY_MS = 15 * 60_000

/** The jobs role: removes expired sessions, sign-ups, resets and rate-limit counters every quarter of an hour. */
export const start: StartWorker = async ({ logger, signal }) => {
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    running = cleanUpAccounts().catch((error: unknown) =>
      logger.error({ err: error }, 'clean-up failed; it is tried again next time'),
    )
  }
  run()
  const timer = setInterval(run, EVERY_MS)
  signal.addEventListener('abort', () => clearInterval(timer))
  return {
    async stop() {
      clearInterval(timer)
      await running
      await closeStores()
    },
  }
}
