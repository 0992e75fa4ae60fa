import { hash } from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { digest, md5, message } from './md5.ts'

function hashed(bytes: Uint8Array): string {
  message.set(bytes)
  md5(bytes.length)
  return digest.toString('hex')
}

describe('md5', () => {
  it('is the one that others compute, whatever was hashed before', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 500 }), (bytes) => {
        expect(hashed(bytes)).toBe(hash('md5', bytes, 'hex'))
      }),
      { numRuns: 500 },
    )
  })

  it('is so for every length around the ends of blocks, and for the longest', () => {
    for (const length of [...Array(200).keys(), 2_040, 2_047, 2_048]) {
      const bytes = Buffer.alloc(length, 0xa5)
      expect(hashed(bytes)).toBe(hash('md5', bytes, 'hex'))
    }
  })
})
