import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import { FRAME_KINDS, type FrameKind } from '#server/eventlog/index.ts'

/** What a scrape asks the loader. */
export interface LoaderFigures {
  /** Seconds since the oldest frame that is not loaded yet was appended; 0 when everything is. */
  lagSeconds(): number
  lagBytes(): Promise<number>
  dedupe(kind: FrameKind): { entries: number; bytes: number }
}

/** The loader's metrics. */
export interface LoaderMetrics {
  rows: Counter<'kind'>
  duplicates: Counter<'kind'>
  failedRows: Counter<'kind'>
  unreadableLines: Counter
  damagedFrames: Counter<'reason'>
  batches: Counter
  batchRows: Histogram
  insertSeconds: Histogram<'kind'>
  insertRetries: Counter<'kind'>
  /** Connects the gauges to a running loader. */
  observe(figures: LoaderFigures): void
}

/** Registers the loader's metrics. */
export function loaderMetrics(registry: Registry): LoaderMetrics {
  const registers = [registry]
  const counter = <L extends string = never>(name: string, help: string, labelNames: L[] = []) =>
    new Counter<L>({ name, help, labelNames, registers })
  return {
    rows: counter('loader_rows_total', 'Rows loaded into ClickHouse.', ['kind']),
    duplicates: counter('loader_duplicates_total', 'Rows left out because their id was loaded before.', ['kind']),
    failedRows: counter('loader_failed_rows_total', 'Rows the store refused; they are dead letters now.', ['kind']),
    unreadableLines: counter('loader_unreadable_lines_total', 'Lines of the log that are no row at all.'),
    damagedFrames: counter('eventlog_damaged_frames_total', 'Stretches of the log that were quarantined.', ['reason']),
    batches: counter('loader_batches_total', 'Batches loaded.'),
    batchRows: new Histogram({
      name: 'loader_batch_rows',
      help: 'Rows in a batch, duplicates left out.',
      buckets: [1, 10, 100, 1_000, 10_000, 50_000, 100_000, 200_000],
      registers,
    }),
    insertSeconds: new Histogram({
      name: 'loader_insert_seconds',
      help: 'Time of one successful insert.',
      labelNames: ['kind'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    insertRetries: counter('loader_insert_retries_total', 'Inserts that failed and were repeated.', ['kind']),
    observe(figures) {
      gauge(registry, 'loader_lag_seconds', 'Age of the oldest frame that is not loaded yet.', (own) =>
        own.set(figures.lagSeconds()),
      )
      gauge(registry, 'loader_lag_bytes', 'Bytes of the log that are not loaded yet.', async (own) =>
        own.set(await figures.lagBytes()),
      )
      gauge(registry, 'loader_dedupe_entries', 'Ids that are remembered to drop duplicates.', (own) => {
        for (const kind of FRAME_KINDS) own.set({ kind }, figures.dedupe(kind).entries)
      })
      gauge(registry, 'loader_dedupe_bytes', 'Memory of the remembered ids.', (own) => {
        for (const kind of FRAME_KINDS) own.set({ kind }, figures.dedupe(kind).bytes)
      })
    },
  }
}

function gauge(
  registry: Registry,
  name: string,
  help: string,
  read: (own: Gauge<'kind'>) => void | Promise<void>,
): void {
  const labelNames: 'kind'[] = name.startsWith('loader_dedupe') ? ['kind'] : []
  const own: Gauge<'kind'> = new Gauge({ name, help, labelNames, registers: [registry], collect: () => read(own) })
}
