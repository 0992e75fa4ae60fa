import type { FrameInput } from '../types.ts'

/** 32 hex characters that begin with a number, as the hash in front of a line. */
export const hashOf = (n: number) => (n >>> 0).toString(16).padStart(8, '0').padEnd(32, '0')

/** A touchpoint frame with one line for each number. */
export const linesFrame = (...numbers: number[]): FrameInput => ({
  kind: 'touchpoint',
  rows: numbers.length,
  payload: Buffer.from(numbers.map((n) => `${hashOf(n)} {"n":${n}}\n`).join('')),
})
