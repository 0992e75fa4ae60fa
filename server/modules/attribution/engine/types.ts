/**
 * Words of the attribution engine. Times are Unix milliseconds (UTC), durations are milliseconds.
 * An absent identifier may be `undefined`, `null` or an empty string: stores differ, the engine does not care.
 */

/** How an install and a touchpoint were tied together; see {@link MATCH_TIER} for which beats which. */
export type MatchType = 'install_referrer' | 'click_id' | 'device_id'

/** The identifier on which an install and a touchpoint agree. The last three all make match type `device_id`. */
export type Identifier = 'install_referrer' | 'click_id' | 'advertising_id' | 'idfv' | 'customer_user_id'

/**
 * Strength of a match type; a higher tier wins. The contract puts install referrer and click id on one level, so
 * between those two the more recent touchpoint wins. Tier 1 is kept free for probabilistic matching.
 */
export const MATCH_TIER: Readonly<Record<MatchType, number>> = { install_referrer: 3, click_id: 3, device_id: 2 }

type Optional = string | null | undefined

/** An install as the engine sees it. */
export interface Install {
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
  /** GAID or IDFA. */
  advertisingId?: Optional
  idfv?: Optional
  customerUserId?: Optional
  /** When the user was sent to the store, as the store reports it. */
  referrerClickTime?: number | null
  /** When the download began, as the store reports it. A touch after it cannot have caused the install. */
  installBeginTime?: number | null
}

/** An ad click or an ad view. `touchpointId` is also the click id that links hand on. Ids are unique in one call. */
export interface Touchpoint {
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
}

/** How long before the install a touchpoint may lie and still earn it. Both ends count: exactly 7 d is inside. */
export interface LookbackWindows {
  clickLookbackMs: number
  viewLookbackMs: number
}

/** One version of an app's attribution settings. `settingsSchema` validates and fills in the field's defaults. */
export interface AttributionSettings extends LookbackWindows {
  version: number
  /** An install of a known device within this time after an earlier one is a reinstall. */
  reinstallWindowMs: number
  /** Windows of single media sources, by exact media source name; what is absent here falls back to the app's. */
  perMediaSource: Readonly<Record<string, Partial<LookbackWindows>>>
}

/** An earlier install of the same app, to tell reinstalls from installs. */
export interface PreviousInstall {
  deviceId: string
  installTime: number
  advertisingId?: Optional
  idfv?: Optional
}

/** Why a touchpoint could not win, whatever else was there. */
export type RefusedBy = 'no_match' | 'after_install' | 'outside_click_window' | 'outside_view_window'

/** Why an eligible touchpoint lost to the winner: the first step of the contract's order on which they differ. */
export type RankReason = 'view_after_click' | 'weaker_match' | 'older' | 'tie_broken_by_id'

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
}

/** Names of what the engine noticed. None of them changes the outcome by itself. */
export type RuleName =
  | 'unknown_click_id'
  | 'unknown_referrer_click_id'
  | 'no_identifiers'
  | 'identifiers_disagree'
  | 'clock_behind'
  | 'touch_after_install_begin'
  | 'reinstall'

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

/** What `decide` returns: the outcome and everything needed to explain it. */
export interface Verdict {
  outcome: 'attributed' | 'organic'
  reason: Reason
  conversionType: 'install' | 'reinstall'
  /** Device id of the earlier install that makes this one a reinstall. */
  reinstallOf: string | null
  matchType: MatchType | null
  winner: Candidate | null
  /** Every touchpoint that was given, in rank order. */
  candidates: Candidate[]
  ruleHits: RuleHit[]
  engineVersion: string
  settingsVersion: number
}
