import { z } from 'zod'

const entry = z.object({
  /** Anchor on /docs/measurements. */
  id: z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/),
  /** What the figure says, as a sentence without the figure; it is printed beside it. */
  claim: z.string().min(10).max(160),
  value: z.number(),
  /** Printed after the value: `events/s`, `ms`, `%`, `min`, … */
  unit: z.string().min(1).max(40),
  /** CPU, cores, memory, and what else ran on it. */
  machine: z.string().min(5),
  /** The command that measures it again. */
  command: z.string().regex(/^npm (ci|test|run|start)\b/),
  /** Day of the measurement, YYYY-MM-DD. */
  date: z.iso.date(),
  /** Shown on the landing page, too. */
  highlight: z.boolean().default(false),
  /** What else one should know: percentile, batch size, what it was compared with. */
  note: z.string().optional(),
})
export type Measurement = z.output<typeof entry>

/** Checks entries and refuses two with one id: each is an anchor. */
export const measurementsSchema = z
  .array(entry)
  .refine((entries) => new Set(entries.map(({ id }) => id)).size === entries.length, {
    error: 'Two measurements have the same id.',
  })

/**
 * Every figure that a public page may state. A page states none that is not here, and links each to its row on
 * /docs/measurements.
 */
export const MEASUREMENTS: readonly Measurement[] = measurementsSchema.parse([
  {
    id: 'event-to-queryable',
    claim: 'From the 202 until an event can be queried, at light load, in 95 of 100 cases at most',
    value: 213,
    unit: 'ms',
    machine: 'AMD EPYC, 2 cores, 24 GB; collector, log, loader and embedded ClickHouse on it',
    command: 'npm run bench -- freshness',
    date: '2026-11-22',
    highlight: true,
    note: '100 single events, one after the other. Median 193 ms.',
  },
  {
    id: 'click-id-accuracy',
    claim: 'Simulated installs with a click id or referrer that went to the touchpoint that really caused them',
    value: 100,
    unit: '%',
    machine: 'AMD EPYC, 2 cores, 24 GB',
    command: 'npm run test:int -- e2e/ingestion',
    date: '2026-11-22',
    highlight: true,
    note: '10,413 of 10,413, out of 20,000 installs over 30 days without fraud, through collector, log, loader and attributor. Of the 9,587 without either, 8,781 were right; the others share no device id with their ad.',
  },
  {
    id: 'ingest-1000',
    claim: 'Events per second from HTTP to queryable, in batches of 1,000, durable before the answer',
    value: 143957,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: '16 connections, one fsync for many requests, 4 million events a run, median of 3 runs. 0.266 of what the bare engine loads from a file of the same events into the same table with its rollup in the same run (540,608 events/s, without HTTP, checks or deduplication).',
  },
  {
    id: 'ingest-100',
    claim: 'Events per second from HTTP to queryable, in batches of 100',
    value: 53655,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: 'Acknowledged in 23.5 ms in the median and 74.5 ms in 99 of 100 cases, at full load.',
  },
  {
    id: 'ingest-1',
    claim: 'Events per second from HTTP to queryable, one event a request',
    value: 2046,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: 'Acknowledged in 5.5 ms in the median and 26 ms in 99 of 100 cases, at full load.',
  },
])

/** A value as it is printed: thousands separated, no more digits than it means. */
export function measuredValue({ value }: Pick<Measurement, 'value'>): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 3 : 4 }).format(value)
}
