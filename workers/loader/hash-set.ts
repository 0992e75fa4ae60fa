import { randomInt } from 'node:crypto'

/** Fill beyond which the table doubles. */
const MAX_FILL = 0.6
const MIN_SLOTS = 1 << 12

/**
 * A set of 128-bit hashes in one typed array: 16 bytes a slot, no object per entry. Open addressing with linear probing;
 * it grows up to a capacity, and whoever fills it starts another. Words are signed: the engine keeps larger numbers on its
 * heap, one object each.
 */
export class HashSet128 {
  readonly capacity: number
  private words = new Int32Array(MIN_SLOTS * 4)
  private mask = MIN_SLOTS - 1
  private count = 0
  // Salted, because ids are chosen by clients: nobody can aim many of them at one slot.
  private readonly salt = [randomInt(1, 2 ** 32), randomInt(1, 2 ** 32), randomInt(1, 2 ** 31) * 2 + 1] as const

  /** @param capacity entries from which on it says that it is full; it takes more all the same */
  constructor(capacity: number) {
    this.capacity = capacity
  }

  get size(): number {
    return this.count
  }

  get full(): boolean {
    return this.count >= this.capacity
  }

  /** Memory in bytes. */
  get bytes(): number {
    return this.words.byteLength
  }

  /**
   * Adds a hash given as four signed 32-bit words.
   * @returns whether it was new
   */
  add(a: number, b: number, c: number, d: number): boolean {
    // Four zeros mark a free slot; the one hash that looks so is kept as its neighbour.
    const last = (a | b | c | d) === 0 ? 1 : d
    const slot = this.find(a, b, c, last)
    if (!this.isFree(slot)) return false
    this.put(slot, a, b, c, last)
    if (this.count > (this.mask + 1) * MAX_FILL) this.grow()
    return true
  }

  /** Adds a hash that is surely not there: what is there need not be compared. */
  addNew(a: number, b: number, c: number, d: number): void {
    const { words, mask } = this
    let slot = this.home(a, b, c)
    while (words[slot * 4] !== 0 || !this.isFree(slot)) slot = (slot + 1) & mask
    this.put(slot, a, b, c, (a | b | c | d) === 0 ? 1 : d)
    if (this.count > (mask + 1) * MAX_FILL) this.grow()
  }

  has(a: number, b: number, c: number, d: number): boolean {
    return !this.isFree(this.find(a, b, c, (a | b | c | d) === 0 ? 1 : d))
  }

  /** Takes a hash out again; what was pushed aside by it moves back, so that no marker is needed in its place. */
  delete(a: number, b: number, c: number, d: number): boolean {
    const { words, mask } = this
    let hole = this.find(a, b, c, (a | b | c | d) === 0 ? 1 : d)
    if (this.isFree(hole)) return false
    this.count -= 1
    for (let slot = (hole + 1) & mask; !this.isFree(slot); slot = (slot + 1) & mask) {
      const home = this.home(words[slot * 4] ?? 0, words[slot * 4 + 1] ?? 0, words[slot * 4 + 2] ?? 0)
      if (((slot - home) & mask) < ((slot - hole) & mask)) continue
      words.copyWithin(hole * 4, slot * 4, slot * 4 + 4)
      hole = slot
    }
    words.fill(0, hole * 4, hole * 4 + 4)
    return true
  }

  /** Empties the set; it keeps its memory. */
  clear(): void {
    this.words.fill(0)
    this.count = 0
  }

  private home(a: number, b: number, c: number): number {
    const mixed = Math.imul(a ^ this.salt[0], this.salt[2]) ^ Math.imul(b ^ this.salt[1], 0x9e37_79b1) ^ c
    return Math.imul(mixed ^ (mixed >>> 15), 0x85eb_ca6b) & this.mask
  }

  private isFree(slot: number): boolean {
    const { words } = this
    const at = slot * 4
    return ((words[at] ?? 0) | (words[at + 1] ?? 0) | (words[at + 2] ?? 0) | (words[at + 3] ?? 0)) === 0
  }

  /** The slot that holds a hash, or the free one where it belongs. */
  private find(a: number, b: number, c: number, d: number): number {
    const { words, mask } = this
    for (let slot = this.home(a, b, c); ; slot = (slot + 1) & mask) {
      const at = slot * 4
      const first = words[at]
      if (first === a && words[at + 1] === b && words[at + 2] === c && words[at + 3] === d) return slot
      if (first === 0 && this.isFree(slot)) return slot
    }
  }

  private put(slot: number, a: number, b: number, c: number, d: number): void {
    const at = slot * 4
    this.words[at] = a
    this.words[at + 1] = b
    this.words[at + 2] = c
    this.words[at + 3] = d
    this.count += 1
  }

  private grow(): void {
    const old = this.words
    this.words = new Int32Array(old.length * 2)
    this.mask = this.words.length / 4 - 1
    this.count = 0
    for (let at = 0; at < old.length; at += 4) {
      const [a = 0, b = 0, c = 0, d = 0] = [old[at], old[at + 1], old[at + 2], old[at + 3]]
      if ((a | b | c | d) !== 0) this.put(this.find(a, b, c, d), a, b, c, d)
    }
  }
}
