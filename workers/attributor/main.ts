import { systemClock } from '#server/platform/clock.ts'
import { required } from '#server/platform/env.ts'
import { clickhouse } from '#server/stores/index.ts'
import { type RunningWorker, retry, type WorkerContext } from '#workers/runtime/index.ts'
import { runAttributor } from './attributor.ts'
import { becomeOnlyAttributor } from './lock.ts'
import { RetargetingApps } from './returns/index.ts'
import { openSettingsReader } from './settings-reader.ts'

/**
 * The attributor role: decides installs as the loader makes them visible, and again when something late touches them.
 * Any number may run; one at a time decides, the others wait for its lock.
 */
export async function start(context: WorkerContext): Promise<RunningWorker> {
  const { logger, registry } = context
  const url = required('DATABASE_URL', context.env)
  const stop = new AbortController()
  const tools = {
    clickhouse: clickhouse(),
    settings: openSettingsReader(systemClock.now),
    retargeting: new RetargetingApps(),
    now: systemClock.now,
  }
  context.addReadinessCheck('clickhouse', async () => {
    const answer = await tools.clickhouse.ping({ select: true })
    if (!answer.success) throw answer.error
  })

  const lead = async () => {
    const lock = await becomeOnlyAttributor(url, stop.signal)
    const turn = new AbortController()
    lock.onLost(() => turn.abort(new Error('The connection that holds the lock broke.')))
    try {
      await runAttributor(tools, { logger, registry, signal: AbortSignal.any([stop.signal, turn.signal]) })
    } finally {
      await lock.release()
    }
  }
  const running = retry(lead, {
    signal: stop.signal,
    maxMs: 5_000,
    onRetry: (error, attempt) => logger.warn({ err: error, attempt }, 'not deciding; taking the lock again'),
  }).catch((error: unknown) => {
    if (!stop.signal.aborted) throw error
  })
  return {
    async stop() {
      stop.abort(new Error('The attributor is stopping.'))
      await running
    },
  }
}
