import { describe, expect, it } from 'vitest'
import { currentKey, isLive, keyState } from './key-state.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')
const at = (ms: number) => new Date(NOW + ms)
const key = (over: Partial<Parameters<typeof keyState>[0]> & { id?: string } = {}) => ({
  id: 'k',
  expiresAt: null,
  replacedBy: null,
  revokedAt: null,
  ...over,
})

describe('keyState', () => {
  it.each([
    ['active', key()],
    ['ending', key({ expiresAt: at(1) })],
    ['ending', key({ expiresAt: at(1), replacedBy: 'k2' })],
    ['expired', key({ expiresAt: at(0) })],
    ['rotated', key({ expiresAt: at(0), replacedBy: 'k2' })],
    ['revoked', key({ expiresAt: at(1), replacedBy: 'k2', revokedAt: at(-1) })],
  ] as const)('is %s', (state, one) => expect(keyState(one, NOW)).toBe(state))
})

describe('currentKey', () => {
  it('never is one that ended', () => {
    expect(currentKey([key({ revokedAt: at(-1) }), key({ expiresAt: at(0) })], NOW)).toBeNull()
    expect(isLive(key({ expiresAt: at(0) }), NOW)).toBe(false)
  })

  it('is one that stays rather than one that was rotated', () => {
    const keys = [key({ id: 'old', expiresAt: at(9), replacedBy: 'new' }), key({ id: 'new' })]
    expect(currentKey(keys, NOW)?.id).toBe('new')
    expect(currentKey(keys.slice(0, 1), NOW)?.id).toBe('old')
  })
})
