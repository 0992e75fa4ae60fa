const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Murmur3's finalizer: every input bit reaches every output bit. */
function mix(value: number): number {
  let x = value | 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return x ^ (x >>> 16)
}

/**
 * A seeded stream of pseudo-random numbers (sfc32). Not for secrets. Streams with different keys are independent, so
 * that any part of the simulation can be computed alone, in any order, and always comes out the same.
 */
export class Random {
  #a: number
  #b: number
  #c: number
  #counter = 1

  /** @param keys whole numbers that name the stream: seed, kind of thing, which one, … */
  constructor(...keys: number[]) {
    let state = 0x9e3779b9
    for (const key of keys) {
      state = mix(state ^ mix(key | 0)) + 0x9e3779b9
      state = mix(state ^ Math.floor(key / 2 ** 32))
    }
    this.#a = mix(state + 1)
    this.#b = mix(state + 2)
    this.#c = mix(state + 3)
    for (let round = 0; round < 12; round++) this.bits()
  }

  /** 32 random bits as a signed integer. */
  bits(): number {
    const sum = (this.#a + this.#b + this.#counter) | 0
    this.#counter = (this.#counter + 1) | 0
    this.#a = this.#b ^ (this.#b >>> 9)
    this.#b = (this.#c + (this.#c << 3)) | 0
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + sum
    return sum
  }

  /** A number from 0 (inclusive) to 1 (exclusive). */
  unit(): number {
    return (this.bits() >>> 0) / 2 ** 32
  }

  /** A number from `low` (inclusive) to `high` (exclusive). */
  between(low: number, high: number): number {
    return low + this.unit() * (high - low)
  }

  /** A whole number from 0 to `count - 1`. */
  below(count: number): number {
    return Math.floor(this.unit() * count)
  }

  /** True with the given probability. */
  chance(probability: number): boolean {
    return this.unit() < probability
  }

  /** One of the list, all alike. Throws on an empty list. */
  pick<T>(list: readonly T[]): T {
    const one = list[this.below(list.length)]
    if (one === undefined) throw new Error('cannot pick from an empty list')
    return one
  }

  /** One of the list, by weight. Throws when no weight is positive. */
  weighted<T>(list: readonly T[], weightOf: (one: T, index: number) => number): T {
    let left = this.unit() * list.reduce((sum, one, index) => sum + weightOf(one, index), 0)
    let last: T | undefined
    for (const [index, one] of list.entries()) {
      const weight = weightOf(one, index)
      if (weight <= 0) continue
      last = one
      left -= weight
      if (left < 0) break
    }
    if (last === undefined) throw new Error('cannot pick from a list without weight')
    return last
  }

  /** One of the list, earlier ones more often (weight 1, 1/2, 1/3, …), as ads and publishers are used. */
  popular<T>(list: readonly T[]): T {
    return this.weighted(list, (_, index) => 1 / (index + 1))
  }

  /** Log-normal with the given median; `spread` is the standard deviation of the logarithm. */
  logNormal(median: number, spread: number): number {
    const normal = Math.sqrt(-2 * Math.log(1 - this.unit())) * Math.cos(2 * Math.PI * this.unit())
    return median * Math.exp(spread * normal)
  }

  /** A count from 0 up with the given mean, most often small (geometric). */
  count(mean: number): number {
    return Math.floor(Math.log(1 - this.unit()) / Math.log(mean / (1 + mean)))
  }

  /** A UUID of version 4's form, made from this stream. */
  uuid(): string {
    const byte = (word: number, shift: number) => HEX[(word >>> shift) & 255] ?? ''
    const [w0, w1, w2, w3] = [this.bits(), this.bits(), this.bits(), this.bits()]
    const v1 = (w1 & 0xffff0fff) | 0x4000
    const v2 = (w2 & 0x3fffffff) | 0x80000000
    const group = (word: number) => byte(word, 24) + byte(word, 16)
    const tail = (word: number) => byte(word, 8) + byte(word, 0)
    return `${group(w0)}${tail(w0)}-${group(v1)}-${tail(v1)}-${group(v2)}-${tail(v2)}${group(w3)}${tail(w3)}`
  }
}
