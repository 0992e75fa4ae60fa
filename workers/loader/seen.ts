import { randomInt } from 'node:crypto'
import { totalmem } from 'node:os'
import { BlockedBloom } from './bloom.ts'
import { HashSet128 } from './hash-set.ts'

const MB = 1024 * 1024
const DAY_MS = 86_400_000

/**
 * Bits of filter a hash from which on the next larger one is begun: about one needless question to ClickHouse for 100,000 new
 * ids, because a filter that was left stays for as long as the window lasts.
 */
const BITS = 32
/** Bits a hash that a filter keeps when it is folded: one question for 1,100. */
const FOLDED_BITS = 16
/** A fresh installation begins with a filter of the first size, enough for 2.1 million ids, and goes on with the second, for 17 million. */
const SMALL_BYTES = [8 * MB, 64 * MB] as const

/**
 * Memory for the filters where none is named, in bytes: a 16th of the machine's, or of what a container may use of it; at
 * least 256 MB and at most 4 GB. A filter that is too small costs questions for as long as the window lasts.
 */
export function defaultFilterBytes(): number {
  const limit = process.constrainedMemory()
  const memory = limit > 0 ? Math.min(limit, totalmem()) : totalmem()
  return Math.min(4096, Math.max(256, Math.floor(memory / 16 / MB))) * MB
}

/** What is known of an id: surely new, surely loaded or on its way, or to be looked up in `event_ids`. */
export const NEW = 0
export const REPEATED = 1
export const PERHAPS = 2
export type Verdict = typeof NEW | typeof REPEATED | typeof PERHAPS

/** Bounds of what is remembered. */
export interface SeenOptions {
  /** Memory of the filters, at least 16 MB. */
  filterBytes: number
  /** Ids that are remembered exactly: at least this many of the latest, at most twice as many. */
  exactIds: number
  /** Days of arrival for which the filters remember an id, at least. */
  windowDays: number
  /** Today as days since 1970, for tests. */
  today?: () => number
}

/** One filter and the days on which it was filled. */
interface Generation {
  filter: BlockedBloom
  ids: number
  firstDay: number
  lastDay: number
  /** Stands in the one large allocation, at its beginning or at its end; smaller ones have memory of their own. */
  place: 'small' | 'low' | 'high'
}

/**
 * Which ids were seen, in bounded memory and without error: filters hold every id of the window, and an id that they do not
 * know is new for certain. What they seem to know is either among the latest ids, which are kept exactly, or it must be
 * asked of ClickHouse. Overfull filters only cause more such questions.
 */
export class SeenIds {
  /** Latest day of the ids that ClickHouse had, as days since 1970, UTC. */
  newestDay = 0
  private readonly options: Required<SeenOptions>
  private readonly salt = randomInt(1, 2 ** 31) * 2 + 1
  private latest: HashSet128
  private former: HashSet128
  private older: Generation[] = []
  private current: Generation
  private large: Uint32Array | undefined

  constructor(options: SeenOptions) {
    this.options = { today: steadyToday(), ...options }
    this.latest = new HashSet128(options.exactIds)
    this.former = new HashSet128(options.exactIds)
    this.current = this.smallGeneration()
  }

  /** Says what is known of an id, and remembers it. */
  see(a: number, b: number, c: number, d: number): Verdict {
    let hit = !this.current.filter.add(a, b, c, d)
    for (let i = 0; !hit && i < this.older.length; i += 1) hit = this.older[i]?.filter.has(a, b, c, d) ?? false
    if (hit && (this.latest.has(a, b, c, d) || this.former.has(a, b, c, d))) return REPEATED
    this.current.ids += 1
    this.latest.addNew(a, b, c, d)
    if (this.latest.full) {
      const emptied = this.former
      emptied.clear()
      this.former = this.latest
      this.latest = emptied
    }
    return hit ? PERHAPS : NEW
  }

  /** Remembers an id that ClickHouse has: in the filter only, so that a repetition is looked up there. */
  remember(a: number, b: number, c: number, d: number): void {
    if (this.current.filter.add(a, b, c, d)) this.current.ids += 1
  }

  /** Takes an id back that was seen but not loaded: if it comes again, ClickHouse is asked. */
  forget(a: number, b: number, c: number, d: number): void {
    this.latest.delete(a, b, c, d)
    this.former.delete(a, b, c, d)
  }

  /** Makes room: between batches and now and then while much is remembered. */
  tidy(expected = 0): void {
    const today = this.options.today()
    this.older = this.older.filter(({ lastDay }) => lastDay >= today - this.options.windowDays)
    const { current } = this
    current.lastDay = Math.max(current.lastDay, today)
    const crowded = (current.ids + expected) * BITS > current.filter.bytes * 8
    // One day more than the window, so that the generation before this one is past its time.
    const aged = today - current.firstDay > this.options.windowDays
    if (current.place === 'small' && crowded) this.grow()
    else if (aged) this.rotate()
  }

  get filterIds(): number {
    return this.older.reduce((sum, { ids }) => sum + ids, this.current.ids)
  }

  get exactIds(): number {
    return this.latest.size + this.former.size
  }

  /** Memory in bytes. */
  get bytes(): number {
    const small = [...this.older, this.current].filter(({ place }) => place === 'small')
    const filters = small.reduce((sum, { filter }) => sum + filter.bytes, this.large?.byteLength ?? 0)
    return filters + this.latest.bytes + this.former.bytes
  }

  private generation(words: Uint32Array, place: Generation['place']): Generation {
    const today = this.options.today()
    return { filter: new BlockedBloom(words, this.salt), ids: 0, firstDay: today, lastDay: today, place }
  }

  private smallGeneration(bytes: number = SMALL_BYTES[0]): Generation {
    return this.generation(new Uint32Array(bytes / 4), 'small')
  }

  /** The next size. What is given for the second is taken only where it leaves the large one most of the memory. */
  private grow(): void {
    const [first, second] = SMALL_BYTES
    const { current, options } = this
    const small = options.filterBytes >= 3 * second ? first + second : first
    if (current.ids > 0) this.older.push(current)
    // One of the second size that was left within the window stays: another beside it would be more than was given.
    const left = this.older.some(({ filter, place }) => place === 'small' && filter.bytes === second)
    if (current.filter.bytes === first && small > first && !left) {
      this.current = this.smallGeneration(second)
      return
    }
    const bytes = Math.max(1, Math.floor((options.filterBytes - small) / MB)) * MB
    this.large ??= new Uint32Array(bytes / 4)
    this.current = this.generation(this.large, 'low')
  }

  /** Begins a new generation; the one before it is folded, so that both fit into the one large allocation. */
  private rotate(): void {
    const former = this.current
    this.older.push(former)
    const { large } = this
    if (!large || former.place === 'small') {
      this.current = this.smallGeneration()
      return
    }
    // Older large generations are past their time by now: the window is over since this one began.
    this.older = this.older.filter((generation) => generation === former || generation.place === 'small')
    const before = former.filter.bytes
    let folds = before > large.byteLength / 2 ? 1 : 0
    while (folds < 5 && (before / 2 ** (folds + 1)) * 8 >= former.ids * FOLDED_BITS) folds += 1
    const words = before / 4 / 2 ** folds
    const low = former.place === 'low'
    former.filter.fold(folds, low ? large.subarray(0, words) : large.subarray(large.length - words))
    const free = Math.floor((large.length - words) / (MB / 4)) * (MB / 4)
    const area = low ? large.subarray(large.length - free) : large.subarray(0, free)
    area.fill(0)
    this.current = this.generation(area, low ? 'high' : 'low')
  }
}

/** Today by a clock that does not jump: the system's day at the start, and the time that has passed since. */
function steadyToday(): () => number {
  const start = Date.now() - performance.now()
  return () => Math.floor((start + performance.now()) / DAY_MS)
}
