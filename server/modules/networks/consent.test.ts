import { expect, it } from 'vitest'
import { sharingOf } from './consent.ts'

it.each([
  ['', 'silent'],
  ['{}', 'silent'],
  ['{"analytics":true}', 'silent'],
  ['{"ads":true}', 'given'],
  ['{"ads":false}', 'refused'],
  // What cannot be understood is no consent.
  ['{"ads"', 'refused'],
  ['[]', 'refused'],
  ['{"ads":"no"}', 'refused'],
  ['{"categoryPreferences":{"Advertising":true}}', 'given'],
  ['{"categoryPreferences":{"Advertising":false}}', 'refused'],
  ['{"ads":true,"categoryPreferences":{"Advertising":false}}', 'refused'],
  ['{"manual":{"gdpr_applies":true}}', 'refused'],
  ['{"manual":{"gdpr_applies":true,"ad_user_data_enabled":true}}', 'given'],
  ['{"manual":{"gdpr_applies":false}}', 'silent'],
  ['{"manual":{"ad_user_data_enabled":false}}', 'refused'],
  ['{"sharing_filter":["other"]}', 'silent'],
  ['{"sharing_filter":["Big_Net"],"ads":true}', 'refused'],
  ['{"sharing_filter":"all"}', 'refused'],
] as const)('consent %s says %s about telling the network big_net', (consent, sharing) => {
  expect(sharingOf(consent, 'big_net')).toBe(sharing)
})
