import type { IngestContext } from './context.ts'
import { PLATFORMS } from './context.ts'
import * as check from './fields.ts'
import { isObject, quote } from './json.ts'
import { jsonObject } from './properties.ts'
import { Refusal } from './refusal.ts'
import { deriveId, frameLine } from './row.ts'
import { formatTime, parseTime } from './time.ts'
import { readUserAgent } from './user-agent.ts'

/** A touchpoint from outside may lie this far ahead of our clock, as an event may. */
const FUTURE_LIMIT = 24 * 3_600_000
const SUB_PARAMS_BYTES = 8 * 1024
/** Names of campaigns and creatives, in characters. */
const NAME_LENGTH = 500

/** Where a touchpoint came from, with the link's field that stands in for it. */
const ORIGIN = [
  ['media_source', 'mediaSource'],
  ['campaign', 'campaign'],
  ['ad_set', 'adSet'],
  ['ad', 'ad'],
  ['creative', 'creative'],
  ['site_id', 'siteId'],
] as const

const TEXTS: ReadonlyMap<string, number> = new Map([
  ...ORIGIN.map(([field]): [string, number] => [field, NAME_LENGTH]),
  ['link_id', check.ID_LENGTH],
  ['advertising_id', check.ID_LENGTH],
  ['idfv', check.ID_LENGTH],
  ['customer_user_id', 200],
  ['claimed_device_id', check.ID_LENGTH],
  ['user_agent', 2048],
  ['os_version', check.ID_LENGTH],
  ['device_model', 200],
])

/** An accepted touchpoint: a line of a frame. */
export interface AcceptedLine {
  line: string
  /** False when a retry would count twice. */
  idempotent: boolean
}

/**
 * Checks one touchpoint that a network, server or importer reports and turns it into a row of the `touchpoints` table.
 * A known `link_id` fills in whatever of the origin is not given, and whether it is retargeting; unknown fields are kept under `sub_params`.
 * @param context the batch; `links` must hold the app's links that the batch names
 * @param prefix columns that all rows of the batch share: the beginning of a JSON object, without a closing brace
 * @throws Refusal naming the field
 */
export function touchpointLine(source: unknown, context: IngestContext, prefix: string): AcceptedLine {
  if (!isObject(source)) throw new Refusal('not_an_object', 'Each touchpoint must be a JSON object.')
  const texts: Record<string, string> = {}
  let extra: Record<string, unknown> | undefined
  let subParams: unknown
  let id: string | undefined
  let type: string | undefined
  let time: number | undefined
  let platform: string | undefined
  let retargeting: boolean | undefined
  let ip = ''
  let country = ''
  for (const key in source) {
    const value = source[key]
    if (value === null) continue
    const longest = TEXTS.get(key)
    if (longest !== undefined) {
      texts[key] = check.text(value, key, longest)
      continue
    }
    switch (key) {
      case 'touchpoint_id':
        id = check.requiredText(value, key, check.ID_LENGTH)
        break
      case 'touchpoint_type':
        type = check.oneOf(value, key, ['click', 'view'])
        break
      case 'touchpoint_time':
        time = parseTime(value, key)
        if (time > context.receivedAt + FUTURE_LIMIT) {
          throw new Refusal('in_future', 'touchpoint_time is more than 24 hours in the future; check the clock.', key)
        }
        break
      case 'platform':
        platform = check.oneOf(value, key, PLATFORMS)
        break
      case 'is_retargeting':
        retargeting = check.flag(value, key)
        break
      case 'ip':
        ip = check.ipAddress(value, key)
        break
      case 'country':
        country = check.country(value, key)
        break
      case 'sub_params':
        subParams = value
        break
      default:
        extra ??= Object.create(null) as Record<string, unknown>
        extra[key] = value
    }
  }
  if (type === undefined) throw new Refusal('missing', 'touchpoint_type is required: click or view.', 'touchpoint_type')
  const link = texts.link_id ? context.links?.get(texts.link_id) : undefined
  for (const [field, linkField] of ORIGIN) texts[field] ||= link?.[linkField] ?? ''
  if (texts.media_source === '') {
    if (texts.link_id) {
      throw new Refusal(
        'unknown_link',
        'link_id names no link of this app; give media_source and campaign instead.',
        'link_id',
      )
    }
    throw new Refusal('missing', 'media_source is required where no link_id is given.', 'media_source')
  }
  // Reports show installs without a touchpoint under this name.
  if (texts.media_source?.toLowerCase() === 'organic') {
    throw new Refusal(
      'invalid_value',
      'media_source must not be "organic": that is what installs without a touchpoint are called.',
      'media_source',
    )
  }
  const device = readUserAgent(texts.user_agent ?? '')
  texts.os_version ||= device.osVersion
  texts.device_model ||= device.deviceModel
  let row = prefix
  for (const field in texts) {
    const value = texts[field]
    if (value) row += `,"${field}":${quote(value)}`
  }
  platform ??= device.platform
  if (platform) row += `,"platform":"${platform}"`
  if (country === '' && ip !== '') country = context.countryOf(ip)
  if (ip !== '') row += `,"ip":"${ip}"`
  if (retargeting ?? link?.isRetargeting) row += ',"is_retargeting":true'
  if (country !== '') row += `,"country":"${country}"`
  const kept = jsonObject(subParams, extra, 'sub_params', SUB_PARAMS_BYTES)
  if (kept !== '') row += `,"sub_params":${JSON.stringify(kept)}`
  let idempotent = true
  if (id === undefined) ({ id, idempotent } = deriveId(source, time !== undefined))
  row += `,"touchpoint_type":"${type}","touchpoint_time":"${formatTime(time ?? context.receivedAt)}","touchpoint_id":${quote(id)}}`
  return { line: frameLine(context.appId, id.toWellFormed(), row), idempotent }
}
