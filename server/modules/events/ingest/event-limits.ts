import { ID_LENGTH } from './fields.ts'

/** Contract: refused when over 24 h in the future. */
export const FUTURE_LIMIT = 24 * 3_600_000

export const PROPERTIES_BYTES = 32 * 1024
export const CONSENT_BYTES = 4 * 1024
export const USER_AGENT_LENGTH = 2048

/** Text columns that are stored as they come, with their longest length in characters. */
export const TEXTS: ReadonlyMap<string, number> = new Map([
  ['advertising_id', ID_LENGTH],
  ['idfv', ID_LENGTH],
  ['customer_user_id', 200],
  ['click_id', 200],
  ['install_referrer', 4096],
  ['os_version', ID_LENGTH],
  ['app_version', ID_LENGTH],
  ['sdk_version', ID_LENGTH],
  ['device_model', 200],
  ['locale', ID_LENGTH],
])

/** Environments that an event may name; the first is the default. */
export const ENVIRONMENTS = ['production', 'sandbox'] as const
