import { createHmac } from 'node:crypto'
import { z } from 'zod'
import { normalizeDeviceId } from '../attribution/index.ts'
import { sharingOf } from './consent.ts'

/** An install event, as far as a network may be told of it. Empty texts are what is not known. */
export interface AskableInstall {
  deviceId: string
  /** RFC 3339, UTC. */
  installTime: string
  environment: string
  platform: string
  advertisingId: string
  idfv: string
  customerUserId: string
  ip: string
  userAgent: string
  osVersion: string
  deviceModel: string
  country: string
  /** The column as it is stored. */
  consent: string
}

const optional = z.string().optional()

/** What a question says of an install, in the words of the events API. */
export const askedInstallSchema = z.object({
  device_id: z.string(),
  install_time: z.string(),
  platform: z.string(),
  advertising_id: optional,
  idfv: optional,
  customer_user_id: optional,
  ip: optional,
  user_agent: optional,
  os_version: optional,
  device_model: optional,
  country: optional,
})
export type AskedInstall = z.output<typeof askedInstallSchema>

/**
 * What a network is asked of an install, or null where it is not asked: sandbox installs, a refused consent, and installs
 * without anything the network could know them by. Device ids go where consent is silent or given; the person's id, the
 * address and the user agent only where it is given.
 */
export function askedInstall(install: AskableInstall, mediaSource: string): AskedInstall | null {
  const sharing = sharingOf(install.consent, mediaSource)
  if (install.environment !== 'production' || sharing === 'refused') return null
  const given = (value: string) => (sharing === 'given' ? value : '')
  const named = {
    advertising_id: normalizeDeviceId(install.advertisingId) ?? '',
    idfv: normalizeDeviceId(install.idfv) ?? '',
    customer_user_id: given(install.customerUserId),
    ip: given(install.ip),
  }
  const known = Object.entries(named).filter(([, value]) => value !== '')
  if (known.length === 0) return null
  const traits = {
    user_agent: given(install.userAgent),
    os_version: install.osVersion,
    device_model: install.deviceModel,
    country: install.country,
  }
  return {
    device_id: install.deviceId,
    install_time: install.installTime,
    platform: install.platform,
    ...Object.fromEntries([...known, ...Object.entries(traits).filter(([, value]) => value !== '')]),
  }
}

/** The app a question is about, as the network knows it. */
export interface AskedApp {
  appId: string
  bundleId: string
  storeId: string | null
}

/** The body of a question. The same for every try, so that a network may recognize it. */
export function questionBody(app: AskedApp, install: AskedInstall): string {
  return JSON.stringify({
    version: 1,
    app: { app_id: app.appId, bundle_id: app.bundleId, store_id: app.storeId },
    install,
  })
}

/**
 * Headers that prove who asks: HMAC-SHA256, in hex, over the timestamp, a dot and the body. Two signatures stand there for
 * a day after the secret was rotated; one that fits is enough.
 * @param secrets the one in force, then the one before while it still signs
 * @param at Unix milliseconds
 * @param key the same for every try of a question
 */
export function signedHeaders(
  body: string,
  secrets: readonly string[],
  at: number,
  key: string,
): Record<string, string> {
  const timestamp = String(Math.floor(at / 1000))
  const sign = (secret: string) => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex')
  return {
    'content-type': 'application/json',
    'user-agent': 'UnMoGrowP-claims/1',
    'idempotency-key': key,
    'x-unmogrowp-timestamp': timestamp,
    'x-unmogrowp-signature': secrets.map((secret) => `v1=${sign(secret)}`).join(','),
  }
}
