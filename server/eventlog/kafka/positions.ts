/*
 * A partition is a log of its own. Its positions are the offsets plus one, because 0 stands for "nothing loaded yet".
 */

/** The position of the message at an offset. */
export function positionAt(offset: bigint): bigint {
  return offset + 1n
}

/** The offset that a reader continues from at a position. */
export function offsetAt(position: bigint): bigint {
  return position > 0n ? position - 1n : 0n
}
