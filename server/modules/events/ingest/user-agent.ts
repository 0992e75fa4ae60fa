import type { Platform } from './context.ts'

/** What a user agent says about the device; empty where it does not. */
export interface Device {
  /** Empty for an empty user agent; `web` for everything that is neither Android nor iOS. */
  readonly platform: Platform | ''
  readonly osVersion: string
  readonly deviceModel: string
}

const ANDROID = /Android(?: (\d+(?:\.\d+)*))?/
/** `Android 14; Pixel 8 Build/UD1A…)`; the language tag of old browsers is skipped. Models may hold brackets. */
const MODEL_BEFORE_BUILD = /Android [^;)]*;(?: [a-z]{2}[-_][A-Za-z]{2};)? ([^;]+?) Build\//
/** `Android 10; K)` where no build is named. */
const MODEL_AT_END = /Android [^;)]*;(?: [a-z]{2}[-_][A-Za-z]{2};)? ([^;)]+)[;)]/
const IOS = /\b(iPhone|iPad|iPod)\b/
const IOS_VERSION = /(?:CPU (?:iPhone )?OS|iPhone OS) (\d+(?:_\d+)*)/

/** The same few browsers come again and again. */
const known = new Map<string, Device>()
const MOST_KNOWN = 2_000

/**
 * Reads platform, system version and device model from a browser's user agent. An iPad that asks for desktop pages
 * says it is a Mac, and counts as web.
 */
export function readUserAgent(userAgent: string): Device {
  const device = known.get(userAgent)
  if (device) return device
  if (known.size === MOST_KNOWN) known.clear()
  const read = parseUserAgent(userAgent)
  known.set(userAgent, read)
  return read
}

function parseUserAgent(userAgent: string): Device {
  if (userAgent === '') return { platform: '', osVersion: '', deviceModel: '' }
  // Windows Phones named Android and iPhone in their user agents.
  if (userAgent.includes('Windows Phone')) return { platform: 'web', osVersion: '', deviceModel: '' }
  const ios = IOS.exec(userAgent)
  if (ios) {
    const version = IOS_VERSION.exec(userAgent)?.[1] ?? ''
    return { platform: 'ios', osVersion: version.replaceAll('_', '.'), deviceModel: ios[1] ?? '' }
  }
  const android = ANDROID.exec(userAgent)
  if (android) {
    const model = (MODEL_BEFORE_BUILD.exec(userAgent) ?? MODEL_AT_END.exec(userAgent))?.[1] ?? ''
    // Chrome's reduced user agent says K for every device; Firefox says Mobile.
    const deviceModel = model === 'K' || model === 'Mobile' || model === 'Tablet' ? '' : model.slice(0, 200)
    return { platform: 'android', osVersion: android[1] ?? '', deviceModel }
  }
  return { platform: 'web', osVersion: '', deviceModel: '' }
}
