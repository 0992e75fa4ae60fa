import { expect, it } from 'vitest'
import { PROBABILITY_NEEDED } from '#server/modules/attribution/engine/probability.ts'
import { GLOSSARY } from './glossary.ts'

it('names the probability that the engine needs', () => {
  expect(GLOSSARY.probabilistic.description).toContain(`below ${PROBABILITY_NEEDED * 100} %`)
})
