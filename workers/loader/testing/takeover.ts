import { Readable } from 'node:stream'
import type { ClickHouseClient } from '@clickhouse/client'
import { Registry } from 'prom-client'
import type { EventLogReader, LogSource, LogTaker } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { type Loader, type LoaderOptions, startLoader } from '../loader.ts'
import { loaderMetrics } from '../metrics.ts'
import type { Fixture } from './fixture.ts'

/** A loader whose log was handed to it by the test. */
export interface HandedOver {
  loader: Loader
  registry: Registry
  /** Gives it another log, which is taken back when it stops. */
  assign(log: EventLogReader): void
  /** Takes the first log away as if somebody else had it already. */
  lose(): Promise<void>
  stop(): Promise<void>
}

/** A loader that is given a log without asking whether another one has it, as a consumer group may do for a moment. */
export function handedOver(
  fixture: Fixture,
  stateDir: string,
  log: EventLogReader,
  clickhouse: ClickHouseClient = fixture.clickhouse,
  options: Partial<LoaderOptions> = {},
): HandedOver {
  let taker: LogTaker | undefined
  let given = true
  const others: EventLogReader[] = []
  const giveBack = async (lost: boolean) => {
    if (!given) return
    given = false
    await taker?.revoked(log.logId, lost)
    await log.close()
  }
  const source: LogSource = {
    start(own) {
      taker = own
      own.assigned(log)
    },
    waitingFor: () => undefined,
    async close() {
      await giveBack(false)
      for (const other of others) {
        await taker?.revoked(other.logId, false)
        await other.close()
      }
    },
  }
  const registry = new Registry()
  const loader = startLoader({
    source,
    clickhouse,
    logger: createLogger('test', 'silent'),
    metrics: loaderMetrics(registry),
    stateDir,
    lingerMs: 50,
    ...options,
  })
  return {
    loader,
    registry,
    assign(other) {
      others.push(other)
      taker?.assigned(other)
    },
    lose: () => giveBack(true),
    stop: () => loader.stop(),
  }
}

/**
 * A client that is cut off right after the store acknowledged the n-th write into a table: the writer never learns of it,
 * and nothing goes through afterwards.
 */
export function cutAfter(
  clickhouse: ClickHouseClient,
  table: string,
  nth: number,
): { client: ClickHouseClient; isCut(): boolean } {
  let writes = 0
  let cut = false
  const never = (signal: AbortSignal | undefined) =>
    new Promise<never>((_, reject) => {
      signal?.addEventListener('abort', () => reject(new Error('cut off')), { once: true })
    })
  const client = new Proxy(clickhouse, {
    get(target, name) {
      const own: unknown = Reflect.get(target, name)
      if (typeof own !== 'function') return own
      return async (params: { table?: string; query?: string; abort_signal?: AbortSignal }) => {
        if (cut) return never(params?.abort_signal)
        const into = params?.table ?? /^insert into (\w+)/.exec(params?.query ?? '')?.[1]
        const result: unknown = await Reflect.apply(own, target, [params])
        if (into === table && (name === 'insert' || name === 'exec')) {
          if (name === 'exec') await drained(result)
          writes += 1
          if (writes === nth) {
            cut = true
            return never(params?.abort_signal)
          }
          if (name === 'exec') return { response_headers: {}, stream: Readable.from([]) }
        }
        return result
      }
    },
  })
  return { client, isCut: () => cut }
}

async function drained(result: unknown): Promise<void> {
  const { stream } = result as { stream: AsyncIterable<unknown> }
  for await (const _ of stream);
}
