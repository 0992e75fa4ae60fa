import { z } from 'zod'
import type { AttributionSettings } from './types.ts'

const HOUR = 3_600_000
const DAY = 24 * HOUR

const clickLookbackMs = z
  .number()
  .int()
  .min(DAY)
  .max(30 * DAY)
const viewLookbackMs = z
  .number()
  .int()
  .min(HOUR)
  .max(72 * HOUR)

/**
 * Validates attribution settings and fills in the field's defaults: clicks 7 d (1–30 d), views 24 h (1–72 h),
 * reinstalls 90 d (up to 24 months). All durations in milliseconds. Source of defaults and ranges: the vendors'
 * public documentation; they agree on these defaults.
 */
export const settingsSchema = z.object({
  version: z.number().int().min(1),
  clickLookbackMs: clickLookbackMs.default(7 * DAY),
  viewLookbackMs: viewLookbackMs.default(24 * HOUR),
  reinstallWindowMs: z
    .number()
    .int()
    .min(0)
    .max(730 * DAY)
    .default(90 * DAY),
  perMediaSource: z
    .record(
      z.string().min(1),
      z.object({ clickLookbackMs: clickLookbackMs.optional(), viewLookbackMs: viewLookbackMs.optional() }),
    )
    .default({}),
})

/** The settings an app starts with, version 1. */
export const DEFAULT_SETTINGS: AttributionSettings = Object.freeze(settingsSchema.parse({ version: 1 }))

/** The lookback window, in milliseconds, for touchpoints of this type from this media source. */
export function windowFor(
  settings: AttributionSettings,
  mediaSource: string,
  touchpointType: 'click' | 'view',
): number {
  const field = touchpointType === 'click' ? 'clickLookbackMs' : 'viewLookbackMs'
  // A media source is a stranger's text: `constructor` must not find something on the prototype.
  const own = Object.hasOwn(settings.perMediaSource, mediaSource) ? settings.perMediaSource[mediaSource] : undefined
  return own?.[field] ?? settings[field]
}
