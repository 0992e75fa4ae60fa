import { describe, expect, it } from 'vitest'
import { MEASUREMENTS, measuredValue, measurementsSchema } from './measurements.ts'

const good = {
  id: 'ack-p99',
  claim: 'of acknowledgements take no longer than this',
  value: 21.4,
  unit: 'ms',
  machine: '2 cores, 24 GB, load generator on the same machine',
  command: 'npm run bench -- ingest --json',
  date: '2026-11-22',
}

describe('measurements', () => {
  it('are dated no later than today', () => {
    const today = new Date().toISOString().slice(0, 10)
    for (const { id, date } of MEASUREMENTS) expect(date <= today, `${id} is dated ${date}`).toBe(true)
  })

  it.each([
    ['without the command that repeats it', { ...good, command: 'trust us' }],
    ['without a machine', { ...good, machine: '' }],
    ['without a day', { ...good, date: 'last week' }],
    ['that is not a number', { ...good, value: '21' }],
    ['with an id that is no anchor', { ...good, id: 'Ack P99' }],
  ])('refuse a figure %s', (_what, entry) => {
    expect(measurementsSchema.safeParse([good]).success).toBe(true)
    expect(measurementsSchema.safeParse([entry]).success).toBe(false)
  })

  it('refuse two figures under one anchor', () => {
    expect(measurementsSchema.safeParse([good, { ...good, value: 5 }]).success).toBe(false)
  })

  it('print thousands apart and no false precision', () => {
    expect(measuredValue({ value: 139_412 })).toBe('139,000')
    expect(measuredValue({ value: 21.43219 })).toBe('21.43')
    expect(measuredValue({ value: 0.39 })).toBe('0.39')
  })
})
