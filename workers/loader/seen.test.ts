import { randomFillSync } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { NEW, PERHAPS, REPEATED, SeenIds } from './seen.ts'

const MB = 1024 * 1024
const hashes = (count: number) => randomFillSync(new Int32Array(count * 4))
type Words = [number, number, number, number]
const at = (all: Int32Array, i: number): Words => [
  all[i * 4] ?? 0,
  all[i * 4 + 1] ?? 0,
  all[i * 4 + 2] ?? 0,
  all[i * 4 + 3] ?? 0,
]

/** A memory whose day the test sets. */
function open(options: { filterBytes?: number; exactIds?: number; windowDays?: number } = {}) {
  const clock = { day: 20_000 }
  const seen = new SeenIds({ filterBytes: 24 * MB, exactIds: 1_000, windowDays: 8, today: () => clock.day, ...options })
  return { seen, clock }
}
/** What is said of hashes, counted. */
function verdicts(seen: SeenIds, all: Int32Array): Record<number, number> {
  const counts: Record<number, number> = { [NEW]: 0, [REPEATED]: 0, [PERHAPS]: 0 }
  for (let i = 0; i < all.length / 4; i += 1) {
    const verdict = seen.see(...at(all, i))
    counts[verdict] = (counts[verdict] ?? 0) + 1
  }
  return counts
}

describe('what was seen', () => {
  it('is known for certain while it is among the latest, and never taken for new afterwards', () => {
    const { seen } = open({ exactIds: 1_000 })
    const ids = hashes(5_000)
    const first = verdicts(seen, ids)
    expect(first[REPEATED]).toBe(0)
    const latest = ids.subarray(4_200 * 4)
    expect(verdicts(seen, latest)).toEqual({ [NEW]: 0, [REPEATED]: 800, [PERHAPS]: 0 })
    const old = ids.subarray(0, 1_000 * 4)
    expect(verdicts(seen, old)).toEqual({ [NEW]: 0, [REPEATED]: 0, [PERHAPS]: 1_000 })
  })

  it('asks about what was remembered from the store, and about what was forgotten because it was not loaded', () => {
    const { seen } = open()
    const ids = hashes(2)
    seen.remember(...at(ids, 0))
    expect(seen.see(...at(ids, 0))).toBe(PERHAPS)
    expect(seen.see(...at(ids, 1))).toBe(NEW)
    seen.forget(...at(ids, 1))
    expect(seen.see(...at(ids, 1))).toBe(PERHAPS)
    expect(seen.see(...at(ids, 1))).toBe(REPEATED)
  })

  it('takes no more memory than it was given, however many ids come, and asks more often instead', () => {
    const { seen } = open({ filterBytes: 16 * MB, exactIds: 20_000 })
    let atMost = 0
    for (let round = 0; round < 10; round += 1) {
      seen.tidy()
      verdicts(seen, hashes(1_000_000))
      atMost = Math.max(atMost, seen.bytes)
    }
    expect(atMost).toBeLessThan(16 * MB + 4 * MB)
    const late = verdicts(seen, hashes(10_000))
    expect(late[REPEATED]).toBe(0)
    expect(late[PERHAPS]).toBeGreaterThan(50)
    expect(late[NEW]).toBeGreaterThan(50)
  }, 60_000)

  it('asks about one new id in hundreds at most while there is memory left', () => {
    const { seen } = open({ filterBytes: 256 * MB, exactIds: 1_000 })
    let asked = 0
    for (let round = 0; round < 12; round += 1) {
      seen.tidy()
      asked += verdicts(seen, hashes(500_000))[PERHAPS] ?? 0
    }
    expect(asked).toBeGreaterThan(0)
    expect(asked).toBeLessThan(6_000_000 / 1_000)
  }, 60_000)

  it('takes its memory in three steps as ids come, and knows what came before each', () => {
    const { seen } = open({ filterBytes: 256 * MB, exactIds: 1_000 })
    const ids = hashes(3_000)
    const sizes = [0, 4_000_000, 30_000_000].map((expected, step) => {
      seen.tidy(expected)
      verdicts(seen, ids.subarray(step * 4_000, (step + 1) * 4_000))
      return Math.round(seen.bytes / MB)
    })
    expect(sizes).toEqual([8, 72, 256])
    expect(verdicts(seen, ids)[NEW]).toBe(0)
  })

  it('takes no more than it was given when it outgrows a filter that it left within the window', () => {
    const { seen, clock } = open({ filterBytes: 192 * MB, exactIds: 1_000 })
    const ids = hashes(4_000)
    const steps: [day: number, expected: number][] = [
      [0, 4_000_000],
      [9, 0],
      [10, 4_000_000],
      [11, 30_000_000],
    ]
    const sizes = steps.map(([day, expected], step) => {
      clock.day = 20_000 + day
      seen.tidy(expected)
      verdicts(seen, ids.subarray(step * 4_000, (step + 1) * 4_000))
      return Math.round(seen.bytes / MB)
    })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(192)
    expect(verdicts(seen, ids)[NEW]).toBe(0)
  })

  it('never takes an id of the window for new, through weeks of days, growth and folding', () => {
    const { seen, clock } = open({ filterBytes: 24 * MB, exactIds: 1_000 })
    const byDay = new Map<number, Int32Array>()
    for (let day = 0; day < 40; day += 1) {
      clock.day = 20_000 + day
      const count = day === 3 ? 7_500_000 : 20_000
      const today = hashes(count)
      for (let from = 0; from < count; from += 500_000) {
        seen.tidy()
        verdicts(seen, today.subarray(from * 4, Math.min(count, from + 500_000) * 4))
      }
      byDay.set(day, today.subarray(0, 400 * 4))
      for (let back = 1; back <= 8 && back <= day; back += 1) {
        const then = byDay.get(day - back)
        if (then) expect(verdicts(seen, then)[NEW], `day ${day}, ${back} days later`).toBe(0)
      }
      byDay.delete(day - 8)
    }
    expect(seen.bytes).toBeLessThan(24 * MB + 8 * MB + 2 * MB)
  }, 60_000)

  it('forgets what is long past the window', () => {
    const { seen, clock } = open({ exactIds: 1_000 })
    const old = hashes(5_000)
    verdicts(seen, old)
    for (let day = 1; day <= 20; day += 1) {
      clock.day = 20_000 + day
      seen.tidy()
      verdicts(seen, hashes(1_000))
    }
    expect(verdicts(seen, old)[NEW]).toBeGreaterThan(4_900)
  })
})
