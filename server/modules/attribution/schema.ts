import { z } from 'zod'

/** Shapes that the console's forms and the routers share. Imports nothing but Zod, so that it may travel to a browser. */

const HOUR = 3_600_000
const DAY = 24 * HOUR

const clickLookbackMs = z
  .number()
  .int('Type a number of days or hours.')
  .min(DAY, 'A click window is at least 1 day.')
  .max(30 * DAY, 'A click window is at most 30 days.')
const viewLookbackMs = z
  .number()
  .int('Type a number of days or hours.')
  .min(HOUR, 'A view window is at least 1 hour.')
  .max(72 * HOUR, 'A view window is at most 72 hours.')

const probabilisticWindowMs = z
  .number()
  .int('Type a number of hours.')
  .min(HOUR, 'A probabilistic window is at least 1 hour.')
  .max(24 * HOUR, 'A probabilistic window is at most 24 hours.')
const priorities = z
  .array(z.enum(['touchpoint_type', 'match_type', 'recency']))
  .refine((list) => list.length === 3 && new Set(list).size === 3, 'Put each of the three steps into the order once.')

/** What single media sources may do otherwise than the app; what is absent follows the app. */
const mediaSourceRules = z.object({
  clickLookbackMs: clickLookbackMs.optional(),
  viewLookbackMs: viewLookbackMs.optional(),
  probabilisticWindowMs: probabilisticWindowMs.optional(),
  viewThroughEnabled: z.boolean().optional(),
  probabilisticEnabled: z.boolean().optional(),
})

/**
 * The rules that decide, without version and date: what a form, a what-if replay and a saved version share. Durations in
 * milliseconds. Ranges as the engine's `settingsSchema`, with words for a form.
 */
export const settingsFields = z.object({
  clickLookbackMs,
  viewLookbackMs,
  probabilisticEnabled: z.boolean(),
  probabilisticWindowMs,
  reinstallWindowMs: z
    .number()
    .int()
    .min(0, 'The reinstall window is 0 or more.')
    .max(730 * DAY, 'The reinstall window is at most 730 days.'),
  inactivityWindowMs: z
    .number()
    .int('Type a number of days.')
    .max(90 * DAY, 'The inactivity window is at most 90 days.')
    .refine((ms) => ms === 0 || ms >= DAY, 'The inactivity window is at least 1 day, or 0 for no re-engagements.'),
  reengagementLookbackMs: z
    .number()
    .int('Type a number of days.')
    .min(DAY, 'The window for clicks of re-engagements is at least 1 day.')
    .max(30 * DAY, 'The window for clicks of re-engagements is at most 30 days.'),
  model: z.enum(['last_touch', 'first_touch']),
  priorities,
  perMediaSource: z
    .record(z.string().trim().min(1, 'Name the media source.').max(100), mediaSourceRules)
    .refine((sources) => Object.keys(sources).length <= 200, 'At most 200 media sources.'),
})
export type SettingsFields = z.output<typeof settingsFields>

/** What an analyst may save as the next version. */
export const settingsInput = settingsFields.extend({
  /** RFC 3339: installs of before it stay under the version that was in force before. Null: from now on. */
  effectiveFrom: z.iso.datetime({ offset: true, error: 'Write the date as RFC 3339.' }).nullable().default(null),
  /** The version the form was filled from; refused when somebody else has saved one since. */
  basedOnVersion: z.number().int().min(0),
})
export type SettingsInput = z.output<typeof settingsInput>

/** One field that differs between two versions. */
export interface SettingsChange {
  /** `clickLookbackMs`, … or `perMediaSource.<media source>.clickLookbackMs` */
  field: string
  /**
   * Fields that end in `Ms`: milliseconds; `…Enabled`: whether; `model`: its name; `priorities`: the steps, joined by `, `;
   * `effectiveFrom`: RFC 3339. Null: follows the app (a media source), no date (`effectiveFrom`).
   */
  from: number | string | boolean | null
  to: number | string | boolean | null
}

/** One version of an app's attribution settings as the console shows it. Durations in milliseconds. */
export interface SettingsVersion extends SettingsFields {
  version: number
  /** RFC 3339, or null; see `settingsInput`. */
  effectiveFrom: string | null
  createdAt: Date
  /** E-mail of who saved it; null: the product, when the app was created. */
  author: string | null
  /** Against the version before; empty for the first. */
  changes: SettingsChange[]
}

const day = z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'Write the day as YYYY-MM-DD.')

/** Filters of the list of installs. `from` inclusive, `to` exclusive, days in the app's zone. */
export const installsInput = z.object({
  from: day,
  to: day,
  mediaSource: z.string().max(200).optional(),
  campaign: z.string().max(200).optional(),
  outcome: z.enum(['attributed', 'organic']).optional(),
  matchType: z.enum(['install_referrer', 'click_id', 'device_id', 'probabilistic']).optional(),
  conversionType: z.enum(['install', 'reinstall', 'reattribution']).optional(),
  environment: z.enum(['production', 'sandbox']).default('production'),
  /** The beginning of a device id, at least three characters. */
  search: z.string().trim().max(200).optional(),
  cursor: z.string().max(400).optional(),
  limit: z.number().int().min(1).max(500).default(100),
})
export type InstallsInput = z.output<typeof installsInput>

const nullableText = z.string().nullable()

/** The install as the engine saw it, kept inside each decision. Times RFC 3339 in UTC. */
export const storedInstallSchema = z.object({
  event_id: z.string(),
  device_id: z.string(),
  install_time: z.string(),
  received_at: z.string(),
  platform: z.enum(['ios', 'android', 'web']),
  environment: z.enum(['production', 'sandbox']),
  advertising_id: nullableText,
  idfv: nullableText,
  customer_user_id: nullableText,
  click_id: nullableText,
  install_referrer: nullableText,
  /** The click id found inside `install_referrer`. */
  referrer_click_id: nullableText,
  referrer_click_time: nullableText,
  install_begin_time: nullableText,
  referrer_click_time_server: nullableText,
  install_begin_time_server: nullableText,
  ip: nullableText,
  country: nullableText,
  os_version: nullableText,
  app_version: nullableText,
  device_model: nullableText,
  user_agent: nullableText,
  /** False where the event's consent forbids to match the device by its address and traits. */
  probabilistic_allowed: z.boolean().default(true),
  /** What later install events of the same device added, such as a referrer that came in a second event. */
  completed_by: z
    .array(
      z.object({
        field: z.enum(['install_referrer', 'click_id', 'advertising_id', 'idfv', 'customer_user_id']),
        event_id: z.string(),
        install_time: z.string(),
      }),
    )
    .default([]),
  /**
   * Of a reinstall that retargeting may have brought about: when the device was last active before it, as far as that was
   * known when it was decided. RFC 3339 in UTC.
   */
  last_active_at: z.string().optional(),
})
export type StoredInstall = z.output<typeof storedInstallSchema>

/** One candidate as it is kept inside a decision; the contract's fields and what explains its rank. */
export const storedCandidateSchema = z.object({
  touchpoint_id: z.string(),
  touchpoint_type: z.enum(['click', 'view']),
  touchpoint_time: z.string(),
  media_source: z.string(),
  campaign: nullableText,
  ad_set: nullableText,
  ad: nullableText,
  creative: nullableText,
  site_id: nullableText,
  link_id: nullableText,
  match_type: z.enum(['install_referrer', 'click_id', 'device_id', 'probabilistic']).nullable(),
  matched_by: z.array(
    z.enum([
      'install_referrer',
      'click_id',
      'advertising_id',
      'idfv',
      'customer_user_id',
      'network_claim',
      'ip_address',
    ]),
  ),
  eligible: z.boolean(),
  refused_by: z
    .enum([
      'no_match',
      'traits_differ',
      'after_install',
      'outside_click_window',
      'outside_view_window',
      'view_through_off',
      'probabilistic_off',
      'no_consent',
      'outside_probabilistic_window',
      'probability_too_low',
      'not_a_click',
      'not_retargeting',
      'before_last_activity',
      'outside_reengagement_window',
    ])
    .nullable(),
  rank: z.number().int(),
  rank_reason: z.enum(['view_after_click', 'weaker_match', 'older', 'newer', 'tie_broken_by_id']).nullable(),
  time_to_install_ms: z.number(),
  window_ms: z.number(),
  // Decisions of engine 1 lack the rest; every match was deterministic then.
  /** 1 for a deterministic match, below it for a probabilistic one, 0 without a match. */
  probability: z.number().min(0).max(1).default(1),
  web_to_app: z.boolean().default(false),
  is_retargeting: z.boolean().default(false),
})
export type StoredCandidate = z.output<typeof storedCandidateSchema>

/** Something the engine noticed, as it is kept inside a decision. */
export const storedRuleHitSchema = z.object({
  rule: z.enum([
    'unknown_click_id',
    'unknown_referrer_click_id',
    'no_identifiers',
    'identifiers_disagree',
    'named_touch_of_other_device',
    'clock_behind',
    'touch_after_install_begin',
    'reinstall',
    'retargeting_brought_back',
    'active_before_reinstall',
    // Not a rule of our engine: the decision was imported from a product that keeps its reasons to itself.
    'decided_elsewhere',
  ]),
  touchpoint_id: nullableText,
  value: nullableText,
})
export type StoredRuleHit = z.output<typeof storedRuleHitSchema>

/** A decision in the contract's words: the body of `GET /api/v1/apps/{app}/installs/{device_id}/decision`. */
export interface DecisionBody {
  decision_id: string
  version: number
  decided_at: string
  engine_version: string
  settings_version: number
  install: StoredInstall
  conversion_type: 'install' | 'reinstall' | 'reattribution'
  outcome: 'attributed' | 'organic'
  /** The outcome in one word; `decided_elsewhere`: attributed by another product, which named no touchpoint. */
  reason: 'click_won' | 'view_won' | 'nothing_matched' | 'every_match_refused' | 'decided_elsewhere'
  match_type: StoredCandidate['match_type']
  winner: StoredCandidate | null
  /** Up to three touchpoints of other media sources that could have won too, latest first. */
  contributors: StoredCandidate[]
  /** 1 where nothing was guessed, 0 without a winner. */
  probability: number
  /** A retargeting link or campaign won. */
  is_retargeting: boolean
  /** RFC 3339 in UTC: until then whatever arrives late decides again. */
  settles_at: string
  /** In rank order; at most the best 100. */
  candidates: StoredCandidate[]
  rule_hits: StoredRuleHit[]
  /** decision_id of the decision that this one replaces. */
  supersedes: string | null
}
