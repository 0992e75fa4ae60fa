import type { Journey } from './journey.ts'
import type { EventRow } from './rows.ts'

/**
 * What only the install event of a journey carries: the device's ids, and how the click's id reached it. Android's store
 * hands every app a referrer; without an ad it names the store itself.
 */
export function installRow({ person, named, namedBy, installBeginTime, signedIn }: Journey): Partial<EventRow> {
  const android = person.platform === 'android'
  const byReferrer = named !== null && namedBy.includes('install_referrer')
  return {
    ...(person.advertisingId !== undefined && { advertising_id: person.advertisingId }),
    ...(person.idfv !== undefined && { idfv: person.idfv }),
    ...(named !== null && namedBy.includes('click_id') && { click_id: named.touchpoint_id }),
    ...(android && { install_referrer: byReferrer ? referrer(named) : 'utm_source=google-play&utm_medium=organic' }),
    ...(android && { install_begin_time: installBeginTime }),
    ...(byReferrer && { referrer_click_time: named.touchpoint_time }),
    ...(signedIn && { customer_user_id: person.customerUserId }),
    user_agent: person.userAgent,
    locale: person.country.locale,
  }
}

/** The referrer as Google Play hands it on; some SDKs hand it on encoded once more, here one in eight. */
function referrer({ touchpoint_id: id, media_source: source, campaign }: NonNullable<Journey['named']>): string {
  const plain = `click_id=${id}&utm_source=${source}&utm_campaign=${campaign}`
  return Number.parseInt(id.slice(0, 1), 16) < 2 ? encodeURIComponent(plain) : plain
}
