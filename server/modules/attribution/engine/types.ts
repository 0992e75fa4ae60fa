/**
 * Words of the attribution engine. Times are Unix milliseconds (UTC), durations are milliseconds.
 * An absent identifier may be `undefined`, `null` or an empty string: stores differ, the engine does not care.
 */

/** How an install and a touchpoint were tied together; see {@link MATCH_TIER} for which beats which. */
export type MatchType = 'install_referrer' | 'click_id' | 'device_id' | 'probabilistic'

/**
 * What an install and a touchpoint have in common. `advertising_id`, `idfv`, `customer_user_id` and `network_claim` make
 * match type `device_id`; `ip_address` (with nothing that speaks against the same device) makes `probabilistic`.
 */
export type Identifier =
  | 'install_referrer'
  | 'click_id'
  | 'advertising_id'
  | 'idfv'
  | 'customer_user_id'
  | 'network_claim'
  | 'ip_address'

/**
 * Strength of a match type; a higher tier wins. The contract puts install referrer and click id on one level, so
 * between those two the more recent touchpoint wins.
 */
export const MATCH_TIER: Readonly<Record<MatchType, number>> = {
  install_referrer: 3,
  click_id: 3,
  device_id: 2,
  probabilistic: 1,
}

type Optional = string | null | undefined

/**
 * What tells devices behind one network address apart, as far as a request shows it. Of a touchpoint, the collector has read
 * platform, version and model out of the user agent.
 */
export interface Traits {
  /** IPv4 or IPv6 in any spelling. */
  ip?: Optional
  osVersion?: Optional
  deviceModel?: Optional
}

/** An install as the engine sees it. */
export interface Install extends Traits {
  /** The SDK's install id; a reinstall has a new one. */
  deviceId: string
  /** Event time of the install. */
  installTime: number
  platform: 'ios' | 'android' | 'web'
  environment?: 'production' | 'sandbox'
  /** The click id that reached the app by a deep link or a landing page. */
  clickId?: Optional
  /** The click id inside the store's install referrer; see `referrerClickId`. */
  referrerClickId?: Optional
  /** GAID, IDFA or OAID. */
  advertisingId?: Optional
  idfv?: Optional
  customerUserId?: Optional
  /** When the user was sent to the store, as the store reports it. */
  referrerClickTime?: number | null
  /** When the download began, as the store reports it. A touch after it cannot have caused the install. */
  installBeginTime?: number | null
  /** False where the device's consent forbids to match it by its address and traits; see `probabilisticAllowed`. */
  probabilisticAllowed?: boolean
  /**
   * When the device was last active in the earlier install that makes this one a reinstall; null or absent: not known, and
   * nothing is refused for it.
   */
  lastActiveAt?: number | null
}

/** An ad click or an ad view. `touchpointId` is also the click id that links hand on. Ids are unique in one call. */
export interface Touchpoint extends Traits {
  touchpointId: string
  touchpointType: 'click' | 'view'
  touchpointTime: number
  mediaSource: string
  campaign?: Optional
  adSet?: Optional
  ad?: Optional
  creative?: Optional
  siteId?: Optional
  linkId?: Optional
  advertisingId?: Optional
  idfv?: Optional
  customerUserId?: Optional
  /** Where the ad was clicked or seen. A link that was opened in a browser says `web` or the phone's system. */
  platform?: 'ios' | 'android' | 'web' | '' | null
  /** From a link or campaign that is meant for people who have had the app already. */
  isRetargeting?: boolean
  /** Device id of the install that a self-attributing network says this touchpoint caused. */
  claimedDeviceId?: Optional
}

/** How long before the install a touchpoint may lie and still earn it. Both ends count: exactly 7 d is inside. */
export interface LookbackWindows {
  clickLookbackMs: number
  viewLookbackMs: number
  /** For touchpoints that match by address and traits alone; never longer than the window of their type. */
  probabilisticWindowMs: number
}

/** What single media sources may do otherwise than the app. */
export interface MediaSourceRules extends Partial<LookbackWindows> {
  /** False: views of this media source never earn anything. */
  viewThroughEnabled?: boolean
  probabilisticEnabled?: boolean
}

/** A step of the order in which candidates are compared. */
export type Priority = 'touchpoint_type' | 'match_type' | 'recency'

/** One version of an app's attribution settings. `settingsSchema` validates and fills in the field's defaults. */
export interface AttributionSettings extends LookbackWindows {
  version: number
  /** An install of a known device within this time after an earlier one is a reinstall. */
  reinstallWindowMs: number
  probabilisticEnabled: boolean
  /**
   * How long a device must have been silent before its return counts as a re-engagement, or its reinstall as a
   * re-attribution; 0: there are no re-engagements, and a re-attribution asks for no silence.
   */
  inactivityWindowMs: number
  /** How long before its return the click may lie that brought a device back. */
  reengagementLookbackMs: number
  /** Which of equals wins: the last or the first in time. */
  model: 'last_touch' | 'first_touch'
  /** The order of comparison, each step once. */
  priorities: readonly Priority[]
  /** Rules of single media sources, by exact media source name; what is absent here falls back to the app's. */
  perMediaSource: Readonly<Record<string, MediaSourceRules>>
  /** RFC 3339. Installs of before it stay under the version that was in force before; null: every install from now on. */
  effectiveFrom: string | null
}

/** An earlier install of the same app, to tell reinstalls from installs. */
export interface PreviousInstall {
  deviceId: string
  installTime: number
  advertisingId?: Optional
  idfv?: Optional
}

/** Why a touchpoint could not win, whatever else was there. */
export type RefusedBy =
  | 'no_match'
  /** It shares only the network address with the install and is of a device of another kind. */
  | 'traits_differ'
  | 'after_install'
  | 'outside_click_window'
  | 'outside_view_window'
  | 'view_through_off'
  | 'probabilistic_off'
  /** The device's consent forbids matching by address and traits. */
  | 'no_consent'
  | 'outside_probabilistic_window'
  /** Too much else behind the same address could explain the install. */
  | 'probability_too_low'
  /** The last four: only for re-engagements. */
  | 'not_a_click'
  | 'not_retargeting'
  | 'before_last_activity'
  | 'outside_reengagement_window'

/** Why an eligible touchpoint lost to the winner: the first step of the settings' order on which they differ. */
export type RankReason = 'view_after_click' | 'weaker_match' | 'older' | 'newer' | 'tie_broken_by_id'

/** One touchpoint as the engine judged it. */
export interface Candidate {
  touchpoint: Touchpoint
  /** 1 for the best; refused touchpoints come after all eligible ones. */
  rank: number
  /** The strongest match, or null when nothing matches. */
  matchType: MatchType | null
  /** Every identifier on which install and touchpoint agree, strongest first. */
  matchedBy: Identifier[]
  eligible: boolean
  refusedBy: RefusedBy | null
  /** Null for the winner and for refused touchpoints. */
  rankReason: RankReason | null
  /** Install time minus touchpoint time; negative when the touchpoint came later. */
  timeToInstallMs: number
  /** The lookback window that was applied. */
  windowMs: number
  /** 1 for a deterministic match, how likely it caused the install for a probabilistic one, 0 without a match. */
  probability: number
  /** The touch happened in a browser, the install in an app. */
  webToApp: boolean
}

/** Names of what the engine noticed. None of them changes the outcome by itself. */
export type RuleName =
  | 'unknown_click_id'
  | 'unknown_referrer_click_id'
  | 'no_identifiers'
  | 'identifiers_disagree'
  | 'named_touch_of_other_device'
  | 'clock_behind'
  | 'touch_after_install_begin'
  | 'reinstall'
  | 'retargeting_brought_back'
  /** A retargeting touchpoint won the reinstall of a device that had not been away: no re-attribution. */
  | 'active_before_reinstall'

/** Something worth telling whoever asks "why?". */
export interface RuleHit {
  rule: RuleName
  /** The touchpoint it is about, if it is about one. */
  touchpointId: string | null
  /** What the rule looked at: the unknown click id, the earlier install's device id, milliseconds, … */
  value: string | null
}

/** The outcome in one word, for a marketer. */
export type Reason = 'click_won' | 'view_won' | 'nothing_matched' | 'every_match_refused'

/** `reattribution`: a reinstall, after the inactivity window, that a retargeting touchpoint won. */
export type ConversionType = 'install' | 'reinstall' | 'reattribution'

/** What `decide` returns: the outcome and everything needed to explain it. */
export interface Verdict {
  outcome: 'attributed' | 'organic'
  reason: Reason
  conversionType: ConversionType
  /** Device id of the earlier install that makes this one a reinstall. */
  reinstallOf: string | null
  matchType: MatchType | null
  winner: Candidate | null
  /** Up to three touchpoints of other media sources that could have won too, the most recent of each, latest first. */
  contributors: Candidate[]
  /** Every touchpoint that was given, in rank order. */
  candidates: Candidate[]
  ruleHits: RuleHit[]
  engineVersion: string
  settingsVersion: number
}

/** A known device that comes back: the first event after a silence, or the reserved event `reengagement`. */
export interface Return {
  deviceId: string
  time: number
  platform: 'ios' | 'android' | 'web'
  environment?: 'production' | 'sandbox'
  /** The app itself says that an ad brought the device back: any click counts then, not only a retargeting one. */
  reported: boolean
  clickId?: Optional
  advertisingId?: Optional
  idfv?: Optional
  customerUserId?: Optional
}

/** The outcome of a return in one word. */
export type ReengagementReason =
  | 'click_won'
  | 'nothing_matched'
  | 'every_match_refused'
  /** The settings' inactivity window is 0. */
  | 'reengagements_off'
  /** The device was active within the inactivity window. */
  | 'still_active'

/** What `decideReengagement` returns. Only `attributed` is a re-engagement; otherwise the device came by itself. */
export interface ReengagementVerdict {
  outcome: 'attributed' | 'organic'
  reason: ReengagementReason
  conversionType: 'reengagement'
  /** How long the device had been silent; null when nothing is known of it before. */
  inactiveForMs: number | null
  matchType: MatchType | null
  winner: Candidate | null
  candidates: Candidate[]
  ruleHits: RuleHit[]
  engineVersion: string
  settingsVersion: number
}
