import type { FrameInput } from '#server/eventlog/types.ts'
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
  requestId: string
}

/** The frame that records one click or view of a tracking link. */
export function touchRow(touch: ClickOrView): FrameInput {
  const time = formatTime(touch.time)
  const subParams = JSON.stringify(touch.subParams)
  const texts: [string, string][] = [
    ['link_id', touch.linkId],
    ['media_source', touch.mediaSource],
    ['campaign', touch.campaign],
    ['ad_set', touch.adSet],
    ['ad', touch.ad],
    ['creative', touch.creative],
    ['site_id', touch.siteId],
    ['sub_params', subParams === '{}' ? '' : subParams],
    ['advertising_id', touch.advertisingId],
    ['idfv', touch.idfv],
    ['customer_user_id', touch.customerUserId],
    ['ip', touch.ip],
    ['user_agent', touch.userAgent],
    ['platform', touch.platform],
    ['os_version', touch.osVersion],
    ['device_model', touch.deviceModel],
    ['country', touch.country],
    ['request_id', touch.requestId],
  ]
  let row =
    `{"org_id":${quote(touch.orgId)},"app_id":${quote(touch.appId)},"touchpoint_id":${quote(touch.touchpointId)},` +
    `"touchpoint_type":"${touch.touchpointType}","touchpoint_time":"${time}","received_at":"${time}"`
  for (const [column, value] of texts) if (value !== '') row += `,"${column}":${quote(value)}`
  return { kind: 'touchpoint', payload: Buffer.from(frameLine(touch.appId, touch.touchpointId, `${row}}`)), rows: 1 }
}
