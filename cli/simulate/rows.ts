import type { FraudKind } from './fraud.ts'

export type Platform = 'ios' | 'android'

/** A line of touchpoints.ndjson: what `POST /v1/touchpoints` takes. Times in Unix milliseconds. */
export interface TouchpointRow {
  touchpoint_id: string
  touchpoint_type: 'click' | 'view'
  touchpoint_time: number
  link_id?: string
  media_source: string
  campaign: string
  ad_set: string
  ad: string
  creative: string
  site_id: string
  platform: Platform | 'web'
  country: string
  advertising_id?: string
  idfv?: string
  customer_user_id?: string
  /** Of a network's claim: the install that it says is its own. It tells nothing else of the device. */
  claimed_device_id?: string
  ip?: string
  user_agent?: string
}

/** A line of events.ndjson: what `POST /v1/events` takes. Times in Unix milliseconds, revenue in `currency`. */
export interface EventRow {
  event_id: string
  event_name: string
  event_time: number
  platform: Platform
  device_id: string
  advertising_id?: string
  idfv?: string
  customer_user_id?: string
  click_id?: string
  install_referrer?: string
  referrer_click_time?: number
  install_begin_time?: number
  ip: string
  user_agent?: string
  os_version?: string
  app_version: string
  sdk_version?: string
  device_model?: string
  locale?: string
  country: string
  revenue?: number
  currency?: string
  properties?: Record<string, string | number>
}

/**
 * A line of truth.csv, one for each install: what really caused it. `media_source` is `organic` and the touchpoint and
 * campaign are empty where no ad did, also where a fraudster claims it.
 */
export interface TruthRow {
  device_id: string
  cause: 'click' | 'view' | 'organic'
  touchpoint_id: string
  media_source: string
  campaign: string
  fraud: FraudKind | 'none'
}
