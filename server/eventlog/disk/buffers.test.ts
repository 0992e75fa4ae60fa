import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { READ_BYTES, ReadBuffers, type ReadPlace } from './buffers.ts'

const MB = 1024 * 1024

/** Memory of a reader that says what is loaded, as a loader does before it reads. */
function open(): ReadBuffers {
  const buffers = new ReadBuffers()
  buffers.release(0n)
  return buffers
}
/** One read that finds so many bytes of a letter. */
function read(buffers: ReadBuffers, wanted: number, found: number, letter: string, next: bigint): Buffer {
  const place = buffers.take(wanted)
  const bytes = place.memory.subarray(0, found).fill(letter)
  buffers.lend(place, bytes.length, next)
  return bytes
}
const overlap = (a: Buffer, b: Buffer) =>
  a.buffer === b.buffer && a.byteOffset < b.byteOffset + b.length && b.byteOffset < a.byteOffset + a.length
const memoryOf = ({ memory }: ReadPlace) => memory.buffer

describe('memory for reading the log', () => {
  it('is one block for many reads that find little each', () => {
    const buffers = open()
    const found = Array.from({ length: 14 }, (_, i) =>
      read(buffers, MB, MB / 2, String.fromCharCode(97 + i), BigInt(i)),
    )
    expect(buffers.blocks).toBe(1)
    found.forEach((bytes, i) => {
      expect(bytes.equals(Buffer.alloc(MB / 2, 97 + i))).toBe(true)
    })
  })

  it('of a block is not used again before the last frame in it is loaded', () => {
    const buffers = open()
    const first = read(buffers, READ_BYTES, READ_BYTES - MB, 'a', 10n)
    read(buffers, MB, MB, 'b', 20n)
    buffers.release(10n)
    read(buffers, READ_BYTES, READ_BYTES, 'c', 30n)
    expect(first.every((byte) => byte === 97)).toBe(true)
    expect(buffers.blocks).toBe(2)
    buffers.release(20n)
    expect(memoryOf(buffers.take(READ_BYTES))).toBe(first.buffer)
  })

  it('of a block is kept for the furthest frame in it, though earlier ones were read once more behind it', () => {
    const buffers = open()
    const first = read(buffers, MB, MB, 'a', 20n)
    read(buffers, MB, MB, 'b', 10n)
    buffers.release(10n)
    expect(memoryOf(buffers.whole(READ_BYTES))).not.toBe(first.buffer)
    buffers.release(20n)
    expect(memoryOf(buffers.whole(READ_BYTES))).toBe(first.buffer)
  })

  it('is not shared by two reads at the same time', () => {
    const buffers = open()
    read(buffers, MB, MB, 'a', 1n)
    const one = buffers.take(MB)
    const other = buffers.take(MB)
    expect(memoryOf(one)).not.toBe(memoryOf(other))
    buffers.release(1n)
    expect(memoryOf(buffers.take(READ_BYTES))).not.toBe(memoryOf(one))
  })

  it('in which nothing was found serves the next read', () => {
    const buffers = open()
    const place = buffers.take(MB)
    buffers.giveBack(place)
    expect(memoryOf(buffers.take(MB))).toBe(memoryOf(place))
    expect(buffers.blocks).toBe(0)
  })

  it('is not kept for a reader that never says what is loaded', () => {
    const buffers = new ReadBuffers()
    for (let n = 0; n < 20; n += 1) expect(read(buffers, MB, MB, 'a', BigInt(n)).buffer.byteLength).toBe(MB)
    expect(buffers.blocks).toBe(0)
  })

  it('is never given for a read while it holds what is not loaded, whatever happens in between', () => {
    const size = fc.constantFrom(36, 1_000, 256 * 1024 - 1, 256 * 1024, MB, 3 * MB, READ_BYTES - 1, READ_BYTES, 9 * MB)
    const step = fc.oneof(
      { weight: 3, arbitrary: fc.record({ what: fc.constantFrom('take' as const, 'whole' as const), size }) },
      // Ends one of the reads under way: it found this share of what its place holds; or it found nothing, or failed.
      { weight: 3, arbitrary: fc.record({ what: fc.constant('end' as const), which: fc.nat(9), share: fc.nat(4) }) },
      { weight: 2, arbitrary: fc.record({ what: fc.constant('release' as const), share: fc.nat(4) }) },
      // A loader that comes back to the log reads once more what it had read.
      { weight: 1, arbitrary: fc.record({ what: fc.constant('again' as const), share: fc.nat(4) }) },
    )
    fc.assert(
      fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
        const buffers = open()
        const underWay: ReadPlace[] = []
        let held: { memory: Buffer; next: bigint }[] = []
        let position = 0n
        let loaded = 0n
        for (const each of steps) {
          if ('size' in each) {
            const place = buffers[each.what](each.size)
            for (const { memory } of [...underWay, ...held]) expect(overlap(memory, place.memory)).toBe(false)
            expect(place.memory.length).toBeLessThanOrEqual(each.size)
            underWay.push(place)
          } else if (each.what === 'end') {
            const [place] = underWay.splice(each.which % Math.max(1, underWay.length), 1)
            if (!place) continue
            const found = Math.floor((place.memory.length * each.share) / 4)
            position += BigInt(found)
            if (found === 0) buffers.giveBack(place)
            else buffers.lend(place, found, position)
            if (found > 0) held.push({ memory: place.memory.subarray(0, found), next: position })
          } else if (each.what === 'again') {
            position = loaded + ((position - loaded) * BigInt(each.share)) / 4n
          } else {
            let furthest = loaded
            for (const { next } of held) if (next > furthest) furthest = next
            loaded += ((furthest - loaded) * BigInt(each.share)) / 4n
            buffers.release(loaded)
            held = held.filter(({ next }) => next > loaded)
          }
        }
        // Nothing stays behind: neither of reads that failed nor of those that were under way at a release.
        for (const place of underWay) buffers.giveBack(place)
        buffers.release(2n ** 60n)
        expect(buffers.blocks).toBe(0)
      }),
      { numRuns: 150 },
    )
  })
})
