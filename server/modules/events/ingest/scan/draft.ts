import { forgetPrevious } from './previous.ts'

/*
 * An event on its way into a packed row: where in a source buffer each text stands, and the values that are no text.
 * There is one draft: both the scanner and the careful path fill it, and the row writer empties it before the next event.
 */
export const EVENT_ID = 0
export const EVENT_NAME = 1
export const ENVIRONMENT = 2
export const PLATFORM = 3
export const DEVICE_ID = 4
export const ADVERTISING_ID = 5
export const IDFV = 6
export const CUSTOMER_USER_ID = 7
export const CLICK_ID = 8
export const INSTALL_REFERRER = 9
export const IP = 10
export const USER_AGENT = 11
export const OS_VERSION = 12
export const APP_VERSION = 13
export const SDK_VERSION = 14
export const DEVICE_MODEL = 15
export const LOCALE = 16
export const COUNTRY = 17
export const CURRENCY = 18
export const PROPERTIES = 19
export const CONSENT = 20
export const TEXT_COUNT = 21
/** Stands for fields that are no texts. */
export const NO_TEXT = TEXT_COUNT

export const EVENT_TIME = 0
export const REFERRER_CLICK_TIME = 1
export const INSTALL_BEGIN_TIME = 2
export const REFERRER_CLICK_TIME_SERVER = 3
export const INSTALL_BEGIN_TIME_SERVER = 4
export const TIME_COUNT = 5

/** Where each text begins in the source, and its length in bytes; 0 for what is not given. `NO_TEXT` takes what is of no use. */
export const starts = new Int32Array(TEXT_COUNT + 1)
const lengthsHere = new Int32Array(TEXT_COUNT + 1)
export const lengths = lengthsHere
/** Unix milliseconds; 0 for what is not given: no time that is accepted is as early. */
export const times = new Float64Array(TIME_COUNT)

/** The rest of the draft. */
export const draft = {
  /** The texts of `properties` and `consent` hold white space that is left out of the row. */
  propertiesSpaced: false,
  consentSpaced: false,
  /** A bit for each field (scan/fields.ts) that may differ from the draft before. */
  changed: -1,
  /** Country of the address that a server named, where it names none itself; two letters or empty. */
  country: '',
  /** Millionths in two halves: they may need more than 53 bits. */
  hasRevenue: false,
  revenueHigh: 0,
  revenueLow: 0,
}

const WORD = 0x1_0000_0000

/** Empties the draft. What comes next has nothing to do with what was in it. */
export function clearDraft(): void {
  forgetPrevious()
  for (let i = 0; i < TEXT_COUNT; i += 1) lengthsHere[i] = 0
  for (let i = 0; i < TIME_COUNT; i += 1) times[i] = 0
  draft.changed = -1
  draft.hasRevenue = false
  draft.propertiesSpaced = false
  draft.consentSpaced = false
  draft.country = ''
}

/** Notes an amount in millionths that a JavaScript number holds exactly. */
export function draftMillionths(millionths: number): void {
  draft.hasRevenue = true
  draft.revenueHigh = Math.floor(millionths / WORD)
  draft.revenueLow = millionths - draft.revenueHigh * WORD
}
