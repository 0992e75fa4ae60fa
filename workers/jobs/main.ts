import { cleanUpAccounts } from '#server/modules/account/index.ts'
import { closeStores } from '#server/stores/index.ts'
import type { StartWorker } from '../runtime/index.ts'
import { workOnClaims } from './claims/index.ts'
import { cleanUpUploads, workOnImports } from './imports/index.ts'
import { clearReplays, workOnReplays } from './replays/index.ts'
import { keepUsage } from './usage.ts'

const EVERY_MS = 15 * 60_000
const noValue = () => undefined

/**
 * The jobs role: removes expired sessions, sign-ups, resets, rate-limit counters and old uploads every quarter of an hour,
 * counts what organizations use of their plans, runs the imports and what-ifs that people start in the console, and asks
 * self-attributing networks about new installs.
 */
export const start: StartWorker = async ({ env, logger, registry, signal }) => {
  let running: Promise<void> = Promise.resolve()
  const run = () => {
    running = Promise.all([cleanUpAccounts(), cleanUpUploads(env.DATA_DIR), clearReplays()]).then(
      noValue,
      (error: unknown) => logger.error({ err: error }, 'clean-up failed; it is tried again next time'),
    )
  }
  run()
  const timer = setInterval(run, EVERY_MS)
  const stopUsage = keepUsage({ env, logger })
  const stopImports = workOnImports({ env, logger })
  const stopReplays = workOnReplays({ logger })
  const stopClaims = workOnClaims({ env, logger, registry })
  signal.addEventListener('abort', () => clearInterval(timer))
  return {
    async stop() {
      clearInterval(timer)
      await Promise.all([running, stopUsage(), stopImports(), stopReplays(), stopClaims()])
      await closeStores()
    },
  }
}
