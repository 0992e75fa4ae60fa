import { randomInt } from 'node:crypto'

/** Fill beyond which the table grows, and at most which it has afterwards. */
const MAX_FILL = 0.6
const FILL_AFTER_GROWTH = 0.3
const MIN_SLOTS = 1 << 12

/** When old hashes may be forgotten. */
export interface Forgetting {
  /** Days that are always remembered. */
  windowDays: number
  /** Nothing is forgotten while there are fewer hashes than this. */
  keepAtLeast: number
}

/**
 * A set of 128-bit hashes in typed arrays: 18 bytes a slot, no object per entry. Open addressing with linear probing.
 * Each entry carries the day (since 1970, UTC) on which it was last seen, so that old ones can be dropped when it grows.
 */
export class HashSet128 {
  private words: Uint32Array
  private days: Uint16Array
  private mask: number
  private count = 0
  private readonly forgetting: Forgetting
  // Salted, because ids are chosen by clients: nobody can aim many of them at one slot.
  private readonly salt = [randomInt(1, 2 ** 32), randomInt(1, 2 ** 32), randomInt(1, 2 ** 31) * 2 + 1] as const

  /** @param expected how many entries it should take without growing */
  constructor(expected: number, forgetting: Forgetting) {
    const slots = slotsFor(expected)
    this.words = new Uint32Array(slots * 4)
    this.days = new Uint16Array(slots)
    this.mask = slots - 1
    this.forgetting = forgetting
  }

  get size(): number {
    return this.count
  }

  /** Memory in bytes. */
  get bytes(): number {
    return this.words.byteLength + this.days.byteLength
  }

  /**
   * Adds a hash given as four 32-bit words.
   * @param day days since 1970, at least 1
   * @returns whether it was new
   */
  add(a: number, b: number, c: number, d: number, day: number): boolean {
    const slot = this.find(a, b, c, d)
    if (this.days[slot] !== 0) {
      this.days[slot] = day
      return false
    }
    this.put(slot, a, b, c, d, day)
    if (this.count > (this.mask + 1) * MAX_FILL) this.grow(day)
    return true
  }

  has(a: number, b: number, c: number, d: number): boolean {
    return this.days[this.find(a, b, c, d)] !== 0
  }

  /** Takes a hash out again; what was pushed aside by it moves back, so that no marker is needed in its place. */
  delete(a: number, b: number, c: number, d: number): boolean {
    let hole = this.find(a, b, c, d)
    if (this.days[hole] === 0) return false
    this.count -= 1
    for (let slot = (hole + 1) & this.mask; this.days[slot] !== 0; slot = (slot + 1) & this.mask) {
      const home = this.home(this.words[slot * 4] ?? 0, this.words[slot * 4 + 1] ?? 0, this.words[slot * 4 + 2] ?? 0)
      if (((slot - home) & this.mask) < ((slot - hole) & this.mask)) continue
      this.words.copyWithin(hole * 4, slot * 4, slot * 4 + 4)
      this.days[hole] = this.days[slot] ?? 0
      hole = slot
    }
    this.days[hole] = 0
    return true
  }

  private home(a: number, b: number, c: number): number {
    const mixed = Math.imul(a ^ this.salt[0], this.salt[2]) ^ Math.imul(b ^ this.salt[1], 0x9e37_79b1) ^ c
    return Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) & this.mask
  }

  /** The slot that holds a hash, or the free one where it belongs. */
  private find(a: number, b: number, c: number, d: number): number {
    const { words, days, mask } = this
    let slot = this.home(a, b, c)
    while (days[slot] !== 0) {
      const at = slot * 4
      if (words[at] === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) break
      slot = (slot + 1) & mask
    }
    return slot
  }

  private put(slot: number, a: number, b: number, c: number, d: number, day: number): void {
    const at = slot * 4
    this.words[at] = a
    this.words[at + 1] = b
    this.words[at + 2] = c
    this.words[at + 3] = d
    this.days[slot] = day
    this.count += 1
  }

  private grow(today: number): void {
    const { words, days } = this
    const oldest = this.count > this.forgetting.keepAtLeast ? today - this.forgetting.windowDays : 0
    let live = 0
    for (const day of days) if (day !== 0 && day >= oldest) live += 1
    const slots = Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(live / FILL_AFTER_GROWTH)))
    this.words = new Uint32Array(slots * 4)
    this.days = new Uint16Array(slots)
    this.mask = slots - 1
    this.count = 0
    for (let slot = 0; slot < days.length; slot += 1) {
      const day = days[slot] ?? 0
      if (day === 0 || day < oldest) continue
      const at = slot * 4
      const [a = 0, b = 0, c = 0, d = 0] = [words[at], words[at + 1], words[at + 2], words[at + 3]]
      this.put(this.find(a, b, c, d), a, b, c, d, day)
    }
  }
}

function slotsFor(expected: number): number {
  return Math.max(MIN_SLOTS, 2 ** Math.ceil(Math.log2(Math.max(1, expected) / MAX_FILL + 1)))
}
