import { z } from 'zod'
import type { AttributionSettings, MediaSourceRules, Priority } from './types.ts'

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

const probabilisticWindowMs = z
  .number()
  .int()
  .min(HOUR)
  .max(24 * HOUR)

/**
 * How long after its arrival a decision stays open to whatever arrives late. After it, only what the install itself names
 * (a click id, a referrer) decides again. A day: what the field's networks and phones without network need at the most.
 */
export const SETTLE_MS = DAY

/** The contract's order: a click before a view, then the stronger match, then the more recent. */
export const DEFAULT_PRIORITIES: readonly Priority[] = Object.freeze([
  'touchpoint_type',
  'match_type',
  'recency',
] satisfies Priority[])

/**
 * Validates attribution settings and fills in the field's defaults: clicks 7 d (1–30 d), views 24 h (1–72 h),
 * probabilistic matches 6 h (1–24 h), reinstalls 90 d (up to 24 months), inactivity before a re-engagement 7 d (1–90 d; 0:
 * off), clicks of re-engagements 7 d (1–30 d). All durations in milliseconds. Source of defaults and ranges: the vendors'
 * public documentation; they agree on these defaults.
 */
export const settingsSchema = z.object({
  version: z.number().int().min(1),
  clickLookbackMs: clickLookbackMs.default(7 * DAY),
  viewLookbackMs: viewLookbackMs.default(24 * HOUR),
  probabilisticEnabled: z.boolean().default(true),
  probabilisticWindowMs: probabilisticWindowMs.default(6 * HOUR),
  reinstallWindowMs: z
    .number()
    .int()
    .min(0)
    .max(730 * DAY)
    .default(90 * DAY),
  inactivityWindowMs: z
    .union([
      z.literal(0),
      z
        .number()
        .int()
        .min(DAY)
        .max(90 * DAY),
    ])
    .default(7 * DAY),
  reengagementLookbackMs: z
    .number()
    .int()
    .min(DAY)
    .max(30 * DAY)
    .default(7 * DAY),
  model: z.enum(['last_touch', 'first_touch']).default('last_touch'),
  priorities: z
    .array(z.enum(['touchpoint_type', 'match_type', 'recency']))
    .refine(
      (list) => list.length === DEFAULT_PRIORITIES.length && new Set(list).size === list.length,
      'Each step must be there once.',
    )
    .default([...DEFAULT_PRIORITIES]),
  perMediaSource: z
    .record(
      z.string().min(1),
      z.object({
        clickLookbackMs: clickLookbackMs.optional(),
        viewLookbackMs: viewLookbackMs.optional(),
        probabilisticWindowMs: probabilisticWindowMs.optional(),
        viewThroughEnabled: z.boolean().optional(),
        probabilisticEnabled: z.boolean().optional(),
      }),
    )
    .default({}),
  effectiveFrom: z.iso.datetime({ offset: true }).nullable().default(null),
})

/** The settings an app starts with, version 1. */
export const DEFAULT_SETTINGS: AttributionSettings = Object.freeze(settingsSchema.parse({ version: 1 }))

/** A media source's rules with the app's in the place of what it does not say. Durations in milliseconds. */
export function rulesFor(settings: AttributionSettings, mediaSource: string): Required<MediaSourceRules> {
  // A media source is a stranger's text: `constructor` must not find something on the prototype.
  const own = Object.hasOwn(settings.perMediaSource, mediaSource) ? settings.perMediaSource[mediaSource] : undefined
  return {
    clickLookbackMs: own?.clickLookbackMs ?? settings.clickLookbackMs,
    viewLookbackMs: own?.viewLookbackMs ?? settings.viewLookbackMs,
    probabilisticWindowMs: own?.probabilisticWindowMs ?? settings.probabilisticWindowMs,
    viewThroughEnabled: own?.viewThroughEnabled ?? true,
    probabilisticEnabled: settings.probabilisticEnabled && (own?.probabilisticEnabled ?? true),
  }
}

/**
 * The version that an install is decided under: the newest that holds for its time.
 * @param versions of one app, oldest first; at least one
 * @param installTime Unix milliseconds
 */
export function settingsInForce(
  versions: readonly [AttributionSettings, ...AttributionSettings[]],
  installTime: number,
): AttributionSettings {
  const holds = ({ effectiveFrom }: AttributionSettings) =>
    effectiveFrom === null || Date.parse(effectiveFrom) <= installTime
  return versions.findLast(holds) ?? versions[0]
}
