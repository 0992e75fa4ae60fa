import { Counter, Gauge, Histogram, type Registry } from 'prom-client'

/** What a scrape asks the loader. */
export interface LoaderFigures {
  /** Seconds since the oldest frame that is not loaded yet was appended; 0 when everything is. */
  lagSeconds(): number
  lagBytes(): Promise<number>
  /** Logs that this process loads. */
  logs(): number
  /** What is remembered to drop duplicates. */
  seen: { exactIds: number; filterIds: number; bytes: number }
}

/** The loader's metrics. */
export interface LoaderMetrics {
  rows: Counter<'kind'>
  duplicates: Counter<'kind' | 'tier'>
  filterHits: Counter
  dedupeSeconds: Counter<'step'>
  lateDuplicates: Gauge
  failedRows: Counter<'kind'>
  unreadableLines: Counter
  damagedFrames: Counter<'reason'>
  batches: Counter
  batchRows: Histogram
  batchBytes: Histogram
  insertSeconds: Histogram<'table'>
  insertRetries: Counter<'table'>
  parts: Gauge<'table'>
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
    duplicates: counter(
      'loader_duplicates_total',
      'Rows left out because their id was loaded before; tier: who knew it, the process (memory) or event_ids (store).',
      ['kind', 'tier'],
    ),
    filterHits: counter('loader_filter_hits_total', 'Ids that the filters seemed to know, looked up in event_ids.'),
    dedupeSeconds: counter(
      'loader_dedupe_seconds_total',
      'Time for deduplication: taking rows apart and asking memory, looking ids up, recording them.',
      ['step'],
    ),
    lateDuplicates: new Gauge({
      name: 'loader_late_duplicates',
      help: 'Ids of the last 30 days that were loaded more than once, because they came again after the window.',
      registers,
    }),
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
    batchBytes: new Histogram({
      name: 'loader_batch_bytes',
      help: "Bytes of a batch's frames.",
      buckets: [1e3, 1e4, 1e5, 1e6, 1e7, 3e7, 6e7, 1e8],
      registers,
    }),
    insertSeconds: new Histogram({
      name: 'loader_insert_seconds',
      help: 'Time of one successful insert.',
      labelNames: ['table'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
      registers,
    }),
    insertRetries: counter('loader_insert_retries_total', 'Inserts that failed and were repeated.', ['table']),
    parts: new Gauge({
      name: 'loader_parts',
      help: 'Active parts of the tables that the loader writes.',
      labelNames: ['table'],
      registers,
    }),
    observe(figures) {
      const gauge = (name: string, help: string, read: () => number | Promise<number>) =>
        new Gauge({
          name,
          help,
          registers,
          async collect() {
            this.set(await read())
          },
        })
      const { seen } = figures
      gauge('loader_lag_seconds', 'Age of the oldest frame that is not loaded yet.', figures.lagSeconds)
      gauge('loader_lag_bytes', 'Bytes of the log that are not loaded yet.', figures.lagBytes)
      gauge('loader_logs', 'Logs that this process loads.', figures.logs)
      gauge('loader_dedupe_exact_ids', 'Latest ids, remembered exactly.', () => seen.exactIds)
      gauge('loader_dedupe_filter_ids', 'Ids that the filters know.', () => seen.filterIds)
      gauge('loader_dedupe_bytes', 'Memory of the remembered ids.', () => seen.bytes)
    },
  }
}
