import { setTimeout as sleep } from 'node:timers/promises'
import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type { Logger } from '#server/platform/logger.ts'
import { retry } from '#workers/runtime/index.ts'
import type { Tools } from './decide-app.ts'
import { type BatchLimits, followStretch, readProgress, saveProgress } from './follow.ts'

/** Waits between two looks at the watermark, in milliseconds: short while there is work, longer while nothing comes. */
const POLL = { least: 100, most: 400 }
/** A cursor that moved over plain events only is saved this seldom; a restart looks at them again for nothing. */
const SAVE_IDLE_CURSOR_MS = 10_000

interface Cursor {
  position: bigint
  savedAt: number
}

/** Counters of the role, on its registry. */
function openMetrics(registry: Registry) {
  return {
    decisions: new Counter({
      name: 'unmogrowp_attributor_decisions_total',
      help: 'Decisions appended; kind `again` supersedes an earlier one, `return` is about a re-engagement.',
      labelNames: ['kind'],
      registers: [registry],
    }),
    seconds: new Histogram({
      name: 'unmogrowp_attributor_step_seconds',
      help: 'Time from seeing a new watermark to having decided up to it.',
      buckets: [0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers: [registry],
    }),
    lag: new Gauge({
      name: 'unmogrowp_attributor_lag_seconds',
      help: 'Age of the oldest watermark that is not decided up to; 0 when nothing waits.',
      registers: [registry],
    }),
    unreadable: new Counter({
      name: 'unmogrowp_attributor_unreadable_rows_total',
      help: 'Stored rows that were left out because they do not have the expected form.',
      registers: [registry],
    }),
    failures: new Counter({
      name: 'unmogrowp_attributor_failures_total',
      help: 'Steps that failed and were tried again.',
      registers: [registry],
    }),
  }
}

/**
 * Follows the loader's watermark of every log and decides what it uncovers, until the signal ends it. A store that is
 * away is waited for; nothing is skipped.
 * @param given stores, settings and clock
 */
export async function runAttributor(
  given: Omit<Tools, 'onUnreadable'>,
  options: { logger: Logger; registry: Registry; signal: AbortSignal; limits?: Partial<BatchLimits> },
): Promise<void> {
  const { logger, registry, signal, limits } = options
  const metrics = openMetrics(registry)
  const tools: Tools = {
    ...given,
    onUnreadable: (error) => {
      metrics.unreadable.inc()
      logger.error({ err: error }, 'a stored row cannot be read and is left out')
    },
  }
  const cursors = new Map<string, Cursor>()
  const again = {
    signal,
    maxMs: 5_000,
    onRetry: (error: unknown, attempt: number, waitMs: number) => {
      metrics.failures.inc()
      logger.warn({ err: error, attempt, wait_ms: waitMs }, 'deciding failed, trying again')
    },
  }
  const step = async (): Promise<boolean> => {
    const watermarks = await readProgress(tools.clickhouse, 'load_progress')
    if ([...watermarks.keys()].some((logId) => !cursors.has(logId)))
      await loadCursors(tools, cursors, watermarks.keys())
    const behind = [...watermarks].filter(([logId, { position }]) => position > (cursors.get(logId)?.position ?? -1n))
    metrics.lag.set(behind.length === 0 ? 0 : (tools.now() - Math.min(...behind.map(([, { at }]) => at))) / 1000)
    for (const [logId, { position }] of behind) {
      const cursor = cursors.get(logId) ?? { position: 0n, savedAt: 0 }
      const end = metrics.seconds.startTimer()
      let wrote = false
      // The cursor's own position is read again: whether the loader names the last frame loaded or the next one to load,
      // no frame is left out, and what was decided before is not decided twice.
      const stretch = { logId, from: cursor.position, fromIncluded: true, to: position }
      const result = await followStretch(
        tools,
        stretch,
        ({ decided, redecided, reengaged }) => {
          wrote = true
          metrics.decisions.inc({ kind: 'return' }, reengaged)
          metrics.decisions.inc({ kind: 'first' }, decided)
          metrics.decisions.inc({ kind: 'again' }, redecided)
        },
        { signal, ...(limits ? { limits } : {}) },
      )
      end()
      if (wrote) logger.debug({ log_id: logId, position: String(position), ...result }, 'decided')
      if (!wrote && tools.now() - cursor.savedAt > SAVE_IDLE_CURSOR_MS) {
        await saveProgress(tools, logId, position)
        wrote = true
      }
      cursors.set(logId, { position, savedAt: wrote ? tools.now() : cursor.savedAt })
    }
    return behind.length > 0
  }
  let wait = POLL.least
  while (!signal.aborted) {
    const worked = await retry(step, again)
    wait = worked ? POLL.least : Math.min(POLL.most, wait * 1.5)
    await sleep(wait, undefined, { signal })
  }
}

async function loadCursors(tools: Tools, cursors: Map<string, Cursor>, logIds: Iterable<string>): Promise<void> {
  const saved = await readProgress(tools.clickhouse, 'attributor_progress')
  for (const logId of logIds) {
    if (!cursors.has(logId)) cursors.set(logId, { position: saved.get(logId)?.position ?? 0n, savedAt: tools.now() })
  }
}
