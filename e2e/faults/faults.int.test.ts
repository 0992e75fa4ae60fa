import { describe, expect, it } from 'vitest'
import { planFaults } from './faults.ts'
import { randomFrom } from './random.ts'
import { runFaults } from './run.ts'

describe('faults in the middle of traffic', () => {
  // The whole suite, 200 faults over a million events, is `npm run test:faults`.
  it('of every kind leave each acknowledged event queryable exactly once, in the raw table and in the rollup, to the cent', async () => {
    const report = await runFaults({
      seed: 3,
      faults: 24,
      events: 60_000,
      log: 'disk',
      longestOutageMs: 4_000,
    })
    console.log(`faults: ${JSON.stringify(report)}`)
    expect(Object.keys(report.kinds).length).toBeGreaterThan(12)
    expect(report.refusals['503']).toBeGreaterThan(0)
    expect(report.quarantined).toBeGreaterThan(0)
    expect(report).toMatchObject({
      acknowledged: 60_000,
      lost: 0,
      duplicated: 0,
      rollupEventsOff: 0,
      centsOff: 0,
      rollupCentsOff: 0,
    })
  }, 300_000)

  it('follow from the seed alone', () => {
    const names = (seed: number) => planFaults(50, 'disk', randomFrom(seed)).map(({ name }) => name)
    expect(names(7)).toEqual(names(7))
    expect(names(7)).not.toEqual(names(8))
  })
})
