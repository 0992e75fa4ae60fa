import { describe, expect, it } from 'vitest'
import { discard } from './memory.ts'

describe('discarding a buffer', () => {
  it('gives its memory back', () => {
    const bytes = Buffer.allocUnsafeSlow(100_000)
    discard(bytes)
    expect(bytes.length).toBe(0)
  })

  it('leaves memory alone that others may still read', () => {
    const whole = Buffer.alloc(100_000, 1)
    discard(whole.subarray(10))
    discard(whole.subarray(0, 50_000))
    const pooled = Buffer.from('short')
    discard(pooled)
    expect([whole.length, whole[99_999], pooled.toString()]).toEqual([100_000, 1, 'short'])
  })
})
