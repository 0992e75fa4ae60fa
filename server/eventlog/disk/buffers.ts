/** Bytes of one read. Frames are scanned while they are still in the processor's cache, as far as that goes. */
export const READ_BYTES = 8 * 1024 * 1024
/** Smaller reads are not worth keeping memory for. */
const WORTH_KEEPING = 256 * 1024
/** Buffers that are kept at most for the next reads while much is read, and when everything is loaded. */
const MOST_SPARE = 16
const IDLE_SPARE = 1

/**
 * Memory for reading a log. Fresh memory for each read costs more than reading it: the system hands out zeroed pages and
 * the garbage collector runs for each 64 MB. So what was read into is used again, once its frames are loaded.
 */
export class ReadBuffers {
  private readonly lent: { buffer: Buffer; next: bigint }[] = []
  private spare: Buffer[] = []

  /** Memory for a read: used before if there is some, otherwise new. */
  take(length: number): Buffer {
    if (length < WORTH_KEEPING || length > READ_BYTES) return Buffer.allocUnsafeSlow(length)
    return this.spare.pop() ?? Buffer.allocUnsafeSlow(READ_BYTES)
  }

  /** Says that frames up to a position stand in a buffer that {@link take} gave. */
  lend(buffer: Buffer, next: bigint): void {
    if (buffer.length === READ_BYTES) this.lent.push({ buffer, next })
  }

  /** Gives a buffer back that nothing stands in. */
  giveBack(buffer: Buffer): void {
    if (buffer.length === READ_BYTES && this.spare.length < MOST_SPARE) this.spare.push(buffer)
  }

  /** Everything before a position is loaded: its memory may be written over. */
  release(position: bigint): void {
    for (let [first] = this.lent; first && first.next <= position; [first] = this.lent) {
      this.lent.shift()
      this.giveBack(first.buffer)
    }
    if (this.lent.length === 0) this.spare = this.spare.slice(0, IDLE_SPARE)
  }
}
