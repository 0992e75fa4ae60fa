import fc from 'fast-check'
import { expect, it } from 'vitest'
import { referrerClickId } from './referrer.ts'

it.each([
  ['click_id=abc&utm_source=x', 'abc'],
  ['utm_source=x&click_id=abc', 'abc'],
  ['?click_id=abc', 'abc'],
  ['click_id%3Dabc%26utm_source%3Dx', 'abc'],
  ['click_id%253Dabc', 'abc'],
  ['click_id=a%2Bb', 'a+b'],
  ['click_id=a+b==', 'a+b=='],
  ['click_id=%E0%A4%A', '%E0%A4%A'],
  ['click%5Fid=abc', 'abc'],
])('finds the click id in %s', (referrer, expected) => expect(referrerClickId(referrer)).toBe(expected))

it.each([
  ['utm_source=google-play&utm_medium=organic'],
  ['click_id='],
  ['click_id'],
  ['my_click_id=abc'],
  [''],
  ['%'],
  ['%2525252541'],
  [`click_id=${'x'.repeat(201)}`],
  [undefined],
  [null],
])('finds none in %s', (referrer) => expect(referrerClickId(referrer)).toBeUndefined())

it('finds any id that was put into a referrer, encoded once, twice or three times', () => {
  const ids = fc.string({ minLength: 1, maxLength: 60 }).filter((id) => id.trim() === id)
  fc.assert(
    fc.property(ids, fc.integer({ min: 0, max: 2 }), (id, times) => {
      let referrer = `utm_source=x&click_id=${encodeURIComponent(id)}&utm_campaign=y`
      for (let n = 0; n < times; n++) referrer = encodeURIComponent(referrer)
      expect(referrerClickId(referrer)).toBe(id)
    }),
  )
})

it('never throws', () => {
  fc.assert(fc.property(fc.string(), (text) => void referrerClickId(text)))
})
