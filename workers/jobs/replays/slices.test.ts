import { expect, it } from 'vitest'
import { BUCKET_MS, planSlices } from './slices.ts'

const bucket = (place: number, installs: number) => ({ at: place * BUCKET_MS, installs })

it('slices hold as many installs as fit, in order, and every bucket is in exactly one', () => {
  const buckets = [bucket(0, 40), bucket(1, 50), bucket(7, 20), bucket(8, 90)]
  expect(planSlices(buckets, 100)).toEqual([
    { from: 0, to: 2 * BUCKET_MS, part: 0, parts: 1 },
    { from: 7 * BUCKET_MS, to: 8 * BUCKET_MS, part: 0, parts: 1 },
    { from: 8 * BUCKET_MS, to: 9 * BUCKET_MS, part: 0, parts: 1 },
  ])
})

it('a bucket with more installs than a slice may hold is cut by devices, whatever stands around it', () => {
  const slices = planSlices([bucket(0, 10), bucket(1, 250), bucket(2, 10)], 100)
  expect(slices.map(({ from, part, parts }) => [from / BUCKET_MS, part, parts])).toEqual([
    [0, 0, 1],
    [1, 0, 3],
    [1, 1, 3],
    [1, 2, 3],
    [2, 0, 1],
  ])
})

it('no installs make no slices', () => {
  expect(planSlices([], 100)).toEqual([])
})
