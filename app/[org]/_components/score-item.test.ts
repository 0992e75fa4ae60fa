import { expect, test } from 'vitest'
import { scoreItem } from './score-item.ts'

test('an exact part of a name is found, scattered letters are not', () => {
  expect(scoreItem('campaign roas_d7', 'roas', ['roas_d7'])).toBe(1)
  expect(scoreItem('organization settings API keys', 'roas', ['API keys'])).toBe(0)
})

test('the beginning of a name goes before the beginning of a word, and that before the middle of one', () => {
  const scores = ['Rejected events', 'Recently rejected', 'unrejected'].map((name) =>
    scoreItem('page', ' Rejected', [name]),
  )
  expect(scores).toEqual([1, 0.7, 0.4])
  expect(scoreItem('page', 'd7', ['x_d70 d7'])).toBe(0.7)
})

test('the kind of an item finds it too, after every name', () => {
  const byKind = scoreItem('theme dark', 'theme', ['Dark'])
  expect(byKind).toBeGreaterThan(0)
  expect(byKind).toBeLessThan(scoreItem('page', 'theme', ['Theme']))
})
