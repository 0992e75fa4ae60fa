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
export const MEASUREMENTS: readonly Measurement[] = measurementsSchema.parse([])

/** A value as it is printed: thousands separated, no more digits than it means. */
export function measuredValue({ value }: Pick<Measurement, 'value'>): string {
  return new Intl.NumberFormat('en-US', { maximumSignificantDigits: Math.abs(value) >= 1000 ? 3 : 4 }).format(value)
}
