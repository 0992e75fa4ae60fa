import { expect, it } from 'vitest'
import { changesSince } from './changes.ts'
import { candidate, decision } from './testing/decisions.ts'

const organic = decision([])

it('a click that came late: from organic to its source, with what came', () => {
  expect(changesSince(organic, decision([candidate()]))).toEqual([
    'From organic to google_ads, campaign “autumn” (click).',
    'Considered in addition: click from google_ads, campaign “autumn”.',
  ])
})

it('a referrer that came late: what the install said then', () => {
  const install = { ...organic.install, install_referrer: 'click_id=c1' }
  expect(changesSince(organic, decision([], { install }))).toEqual([
    'Still organic.',
    'The install’s install referrer arrived.',
  ])
})

it('other settings and another engine, and a candidate that cannot count any more', () => {
  const before = decision([candidate()])
  const after = decision([candidate({ eligible: false, refused_by: 'outside_click_window' })], {
    settingsVersion: 2,
    engineVersion: '3.0.0',
  })
  expect(changesSince(before, after)).toEqual([
    'From google_ads, campaign “autumn” (click) to organic.',
    'The click from google_ads, campaign “autumn” cannot count any more.',
    'Settings version 2 instead of 1.',
    'Engine 3.0.0 instead of 2.0.0.',
  ])
})

it('a rule hit is told when it is new, and a hundred touchpoints are not all named', () => {
  const many = Array.from({ length: 100 }, (_, n) => candidate({ touchpoint_id: `c${n}`, campaign: null }))
  const hit = { rule: 'unknown_click_id', touchpoint_id: null, value: 'x' } as const
  const sentences = changesSince(decision([], { ruleHits: [hit] }), decision(many, { ruleHits: [hit] }))
  expect(sentences).toEqual([
    'From organic to google_ads (click).',
    'Considered in addition: click from google_ads; click from google_ads; click from google_ads; and 97 more.',
  ])
})

it('a reinstall that became a re-attribution is called so', () => {
  const before = decision([candidate()], { conversionType: 'reinstall' })
  expect(changesSince(before, decision([candidate()], { conversionType: 'reattribution' }))).toContain(
    'Re-attribution instead of reinstall.',
  )
})
