import { describe, expect, it } from 'vitest'
import { READ_BYTES, ReadBuffers, type ReadPlace } from './buffers.ts'

const MB = 1024 * 1024

/** One read that finds so many bytes of a letter. */
function read(buffers: ReadBuffers, wanted: number, found: number, letter: string, next: bigint): Buffer {
  const place = buffers.take(wanted)
  const bytes = place.memory.subarray(0, found).fill(letter)
  buffers.lend(place, bytes.length, next)
  return bytes
}
const memoryOf = ({ memory }: ReadPlace) => memory.buffer

describe('memory for reading the log', () => {
  it('is one block for many reads that find little each', () => {
    const buffers = new ReadBuffers()
    const found = Array.from({ length: 14 }, (_, i) =>
      read(buffers, MB, MB / 2, String.fromCharCode(97 + i), BigInt(i)),
    )
    expect(buffers.blocks).toBe(1)
    found.forEach((bytes, i) => {
      expect(bytes.equals(Buffer.alloc(MB / 2, 97 + i))).toBe(true)
    })
  })

  it('of a block is not used again before the last frame in it is loaded', () => {
    const buffers = new ReadBuffers()
    const first = read(buffers, READ_BYTES, READ_BYTES - MB, 'a', 10n)
    read(buffers, MB, MB, 'b', 20n)
    buffers.release(10n)
    read(buffers, READ_BYTES, READ_BYTES, 'c', 30n)
    expect(first.every((byte) => byte === 97)).toBe(true)
    expect(buffers.blocks).toBe(2)
    buffers.release(20n)
    expect(memoryOf(buffers.take(READ_BYTES))).toBe(first.buffer)
  })

  it('is not shared by two reads at the same time', () => {
    const buffers = new ReadBuffers()
    read(buffers, MB, MB, 'a', 1n)
    const one = buffers.take(MB)
    const other = buffers.take(MB)
    expect(memoryOf(one)).not.toBe(memoryOf(other))
    buffers.release(1n)
    expect(memoryOf(buffers.take(READ_BYTES))).not.toBe(memoryOf(one))
  })

  it('in which nothing was found serves the next read', () => {
    const buffers = new ReadBuffers()
    const place = buffers.take(MB)
    buffers.giveBack(place)
    expect(memoryOf(buffers.take(MB))).toBe(memoryOf(place))
    expect(buffers.blocks).toBe(0)
  })
})
