import { env } from '#server/platform/env.ts'
import { metricsRegistry } from '#server/platform/metrics.ts'
import { clickhouse, postgres } from '#server/stores/index.ts'

const TIMEOUT_MS = 3_000

/** Whether what a process needs can be reached. */
export interface Readiness {
  ready: boolean
  checks: Record<'postgres' | 'clickhouse', 'ok' | 'unreachable'>
}

async function reachable(check: Promise<boolean>): Promise<'ok' | 'unreachable'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<false>((resolve) => {
    timer = setTimeout(() => resolve(false), TIMEOUT_MS)
  })
  try {
    return (await Promise.race([check, late])) ? 'ok' : 'unreachable'
  } catch {
    return 'unreachable'
  } finally {
    clearTimeout(timer)
  }
}

/** Asks both stores; a store that does not answer within three seconds counts as unreachable. */
export async function readiness(): Promise<Readiness> {
  const [pg, ch] = await Promise.all([
    reachable(postgres().$queryRaw`select 1`.then(() => true)),
    reachable(
      // The database's own table, not a ping: a server that answers without our database is of no use.
      clickhouse()
        .query({ query: `exists table ${env().CLICKHOUSE_DATABASE}.events`, format: 'TabSeparated' })
        .then(async (result) => (await result.text()).trim() === '1'),
    ),
  ])
  return { ready: pg === 'ok' && ch === 'ok', checks: { postgres: pg, clickhouse: ch } }
}

/** This process's figures in Prometheus' text format, with the content type that goes with it. */
export async function metricsText(): Promise<{ body: string; contentType: string }> {
  const registry = metricsRegistry()
  return { body: await registry.metrics(), contentType: registry.contentType }
}
