import { describe, expect, it } from 'vitest'
import { keyRefusal } from './key-refusal.ts'
import { assertGrantable } from './keys.ts'
import { KEY_SCOPES } from './permissions.ts'

const NOW = Date.parse('2026-11-22T10:00:00Z')
const LIVE = { revoked: false, expiresAt: null, replacedBy: null }

describe('keyRefusal', () => {
  it('lets a key through until the very moment it expires', () => {
    expect(keyRefusal(LIVE, NOW)).toBeNull()
    expect(keyRefusal({ ...LIVE, expiresAt: NOW + 1 }, NOW)).toBeNull()
    expect(keyRefusal({ ...LIVE, expiresAt: NOW }, NOW)).toMatch(/expired at 2026-11-22T10:00:00Z/)
  })

  it('names the key that replaced a rotated one', () => {
    expect(keyRefusal({ ...LIVE, expiresAt: NOW, replacedBy: 'key_2' }, NOW)).toMatch(/rotated.*key_2/)
    expect(keyRefusal({ ...LIVE, expiresAt: NOW + 1, replacedBy: 'key_2' }, NOW)).toBeNull()
  })

  it('says revoked before anything else', () => {
    expect(keyRefusal({ revoked: true, expiresAt: NOW - 1, replacedBy: 'key_2' }, NOW)).toMatch(/revoked/)
  })
})

describe('assertGrantable', () => {
  it('refuses scopes that the role does not hold, by name', () => {
    expect(() => assertGrantable('owner', KEY_SCOPES)).not.toThrow()
    expect(() => assertGrantable('analyst', ['reports:read', 'links:write'])).not.toThrow()
    expect(() => assertGrantable('analyst', ['reports:read', 'events:write'])).toThrow(/analyst.*events:write/)
    expect(() => assertGrantable('partner', ['reports:read'])).toThrow(/reports:read/)
  })

  it('refuses what is no scope at all', () => {
    expect(() => assertGrantable('owner', ['billing:manage'])).toThrow(/billing:manage/)
  })
})
