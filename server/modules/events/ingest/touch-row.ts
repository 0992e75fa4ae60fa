import type { Platform } from './context.ts'
import { quote } from './json.ts'
import { frameLine } from './row.ts'
import { formatTime } from './time.ts'

/** A click or view as the collector saw it happen. Empty texts are what is not known. */
export interface ClickOrView {
  orgId: string
  appId: string
  touchpointId: string
  touchpointType: 'click' | 'view'
  /** Unix milliseconds: when it happened, which is also when it was received. */
  time: number
  linkId: string
  mediaSource: string
  campaign: string
  adSet: string
  ad: string
  creative: string
  siteId: string
  subParams: Readonly<Record<string, unknown>>
  advertisingId: string
  idfv: string
  customerUserId: string
  ip: string
  userAgent: string
  platform: Platform | ''
  osVersion: string
  deviceModel: string
  country: string
  /** Of a link that aims at people who have, or had, the app. */
  isRetargeting: boolean
  requestId: string
}

/** The line of a frame that records one click or view of a tracking link. */
export function touchLine(touch: ClickOrView): string {
  const time = formatTime(touch.time)
  const subParams = JSON.stringify(touch.subParams)
  const row =
    `{"org_id":${quote(touch.orgId)},"app_id":${quote(touch.appId)},"touchpoint_id":${quote(touch.touchpointId)},` +
    `"touchpoint_type":"${touch.touchpointType}","touchpoint_time":"${time}","received_at":"${time}"` +
    field('link_id', touch.linkId) +
    field('media_source', touch.mediaSource) +
    field('campaign', touch.campaign) +
    field('ad_set', touch.adSet) +
    field('ad', touch.ad) +
    field('creative', touch.creative) +
    field('site_id', touch.siteId) +
    field('sub_params', subParams === '{}' ? '' : subParams) +
    field('advertising_id', touch.advertisingId) +
    field('idfv', touch.idfv) +
    field('customer_user_id', touch.customerUserId) +
    field('ip', touch.ip) +
    field('user_agent', touch.userAgent) +
    field('platform', touch.platform) +
    field('os_version', touch.osVersion) +
    field('device_model', touch.deviceModel) +
    field('country', touch.country) +
    (touch.isRetargeting ? ',"is_retargeting":true' : '') +
    field('request_id', touch.requestId)
  return frameLine(touch.appId, touch.touchpointId, `${row}}`)
}

/** A column of a row; nothing for an empty one. */
function field(column: string, value: string): string {
  return value === '' ? '' : `,"${column}":${quote(value)}`
}
