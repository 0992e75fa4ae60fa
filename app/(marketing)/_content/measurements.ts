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
    value: 239363,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: '16 connections, one fsync for many requests, one run of 4 million events. 0.426 of what the bare engine loads from a file of the same events into the same table with its rollup in the same run (561,791 events/s, without HTTP, checks or deduplication).',
  },
  {
    id: 'ingest-100',
    claim: 'Events per second from HTTP to queryable, in batches of 100',
    value: 141834,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: 'Acknowledged in 8.5 ms in the median and 42 ms in 99 of 100 cases, at full load.',
  },
  {
    id: 'ingest-1',
    claim: 'Events per second from HTTP to queryable, one event a request',
    value: 8263,
    unit: 'events/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- ingest',
    date: '2026-11-22',
    note: 'Acknowledged in 1.4 ms in the median and 8.5 ms in 99 of 100 cases, at full load.',
  },
  {
    id: 'redirects',
    claim: 'Click redirects per second, each click durable before its 302',
    value: 25699,
    unit: 'redirects/s',
    machine: 'AMD EPYC, 2 cores, 24 GB; load generator and collector on the same two cores',
    command: 'npm run bench -- redirect',
    date: '2026-11-22',
    note: '256 connections; 0.53 of a bare Node server that answers the same and records nothing (48,677/s in the same run). 0.42 of it with 64 connections.',
  },
  {
    id: 'faults',
    claim: 'Acknowledged events lost or counted twice over 200 random faults',
    value: 0,
    unit: 'events',
    machine: 'AMD EPYC, 2 cores, 24 GB, busy with other work',
    command: 'npm run test:faults -- --seed 2027',
    date: '2026-11-22',
    note: '1,000,000 events acknowledged while processes were killed, the disk filled, bits flipped, clocks jumped and ClickHouse refused, was slow or gone.',
  },
  {
    id: 'probabilistic-precision',
    claim: 'Probabilistic matches that name the very touchpoint, with ten devices behind every address',
    value: 98.2,
    unit: '%',
    machine: 'AMD EPYC, 2 cores, 24 GB; simulated traffic, engine alone',
    command: 'npm run bench -- attribution-truth',
    date: '2026-11-22',
    note: '100,000 simulated installs, window of 6 hours; 48 % of the installs that no identifier ties are found. 99.7 % and 49 % with one device behind every address, 93.7 % and 40 % with a hundred; at most 0.37 % of organic installs are misattributed.',
  },
  {
    id: 'installs-decided',
    claim: 'Installs per second from HTTP to their decision, with ten million touchpoints stored',
    value: 2143,
    unit: 'installs/s',
    machine:
      'AMD EPYC, 2 cores, 24 GB; load generator, collector, loader, attributor and embedded ClickHouse on the same two cores',
    command: 'npm run bench -- attribution',
    date: '2026-11-22',
    note: '40,000 installs in batches of 100, four candidates each. 0.42 of what it decides with no touchpoint stored (5,122/s in the same run). At light load a decision can be read 490 ms after the 202 in 95 of 100 cases.',
  },
  {
    id: 'engine-installs',
    claim: 'Installs that the attribution engine decides in a second on one core, with five candidates each',
    value: 130547,
    unit: 'installs/s',
    machine: 'AMD EPYC, 2 cores, 24 GB; in memory, without stores',
    command: 'npm run bench -- attribution-engine',
    date: '2026-11-22',
  },
])

/** A value as it is printed: thousands separated, no more digits than it means. */
export function measuredValue({ value }: Pick<Measurement, 'value'>): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 3 : 4 }).format(value)
}
