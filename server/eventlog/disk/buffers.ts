/** Bytes of one read. Frames are scanned while they are still in the processor's cache, as far as that goes. */
export const READ_BYTES = 8 * 1024 * 1024
/** Smaller reads are not worth keeping memory for, and so little room left in a block is not worth filling. */
const WORTH_KEEPING = 256 * 1024
/** Blocks that are kept at most for the next reads while much is read, and when everything is loaded. */
const MOST_SPARE = 16
const IDLE_SPARE = 1

/** A piece of memory that is filled by one read after the other. */
interface Block {
  buffer: Buffer
  /** Bytes from the beginning in which frames stand. */
  used: number
  /** Position behind the last of these frames. */
  next: bigint
  /** A read is under way into what is free. */
  taken: boolean
}

/** Where a read may put its bytes: as many as were asked for, or fewer where a block has no more room. */
export interface ReadPlace {
  memory: Buffer
  block: Block | undefined
}

/**
 * Memory for reading a log. Fresh memory for each read costs more than reading it: the system hands out zeroed pages and
 * the garbage collector runs for each 64 MB. So what was read into is used again, once its frames are loaded; and reads at
 * the log's end, which find little each, fill one block together.
 */
export class ReadBuffers {
  private readonly lent: Block[] = []
  private spare: Buffer[] = []
  /** Somebody says what is loaded. Until then nothing is lent: it would never come back. */
  private releasing = false

  /** Blocks in which frames stand that are not loaded. */
  get blocks(): number {
    return this.lent.length
  }

  /** A place for a read, until it is lent or given back. */
  take(length: number): ReadPlace {
    const last = this.lent.at(-1)
    if (last && !last.taken && READ_BYTES - last.used >= Math.min(length, WORTH_KEEPING))
      return this.placeIn(last, length)
    return this.whole(length)
  }

  /** A place for a read that has room for all of it. */
  whole(length: number): ReadPlace {
    if (!this.releasing || length < WORTH_KEEPING || length > READ_BYTES)
      return { memory: Buffer.allocUnsafeSlow(length), block: undefined }
    const buffer = this.spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES)
    return this.placeIn({ buffer, used: 0, next: 0n, taken: false }, length)
  }

  /**
   * Says that frames stand in a place.
   * @param bytes from its beginning
   * @param next position behind the last frame
   */
  lend({ block }: ReadPlace, bytes: number, next: bigint): void {
    if (!block) return
    block.taken = false
    if (block.used === 0) this.lent.push(block)
    block.used += bytes
    if (next > block.next) block.next = next
  }

  /** Gives a place back in which nothing stands; once more does no harm. */
  giveBack({ block }: ReadPlace): void {
    if (!block?.taken) return
    block.taken = false
    if (block.used === 0) this.keep(block.buffer)
  }

  /** Everything before a position is loaded: its memory may be written over. */
  release(position: bigint): void {
    this.releasing = true
    for (let [first] = this.lent; first && first.next <= position && !first.taken; [first] = this.lent) {
      this.lent.shift()
      this.keep(first.buffer)
    }
    if (this.lent.length === 0) this.spare = this.spare.slice(0, IDLE_SPARE)
  }

  private placeIn(block: Block, length: number): ReadPlace {
    block.taken = true
    return { memory: block.buffer.subarray(block.used, block.used + length), block }
  }

  private keep(buffer: Buffer): void {
    if (this.spare.length < MOST_SPARE) this.spare.push(buffer)
  }
}
