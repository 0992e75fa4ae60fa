import fc from 'fast-check'
import { expect, it } from 'vitest'
import { probabilisticAllowed } from './consent.ts'

it.each([
  [''],
  ['{}'],
  ['{"ads":true}'],
  ['{"measurement":true,"ads":true}'],
  ['{"manual":{"gdpr_applies":true,"ad_user_data_enabled":true}}'],
  ['{"manual":{"gdpr_applies":false}}'],
  ['{"ads":"perhaps"}'],
])('silence or a yes allows it: %s', (consent) => expect(probabilisticAllowed(consent)).toBe(true))

it.each([
  ['{"ads":false}'],
  ['{"measurement":false}'],
  ['{"ads":true,"probabilistic":false}'],
  ['{"categoryPreferences":{"Advertising":false}}'],
  ['{"manual":{"ad_user_data_enabled":false}}'],
  ['{"manual":{"gdpr_applies":true}}'],
  ['not json'],
  ['[]'],
  ['null'],
])('a refusal, or what cannot be read, forbids it: %s', (consent) => expect(probabilisticAllowed(consent)).toBe(false))

it('never throws', () => {
  fc.assert(fc.property(fc.oneof(fc.string(), fc.json()), (text) => void probabilisticAllowed(text)))
})
