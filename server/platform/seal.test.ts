import { describe, expect, it } from 'vitest'
import { seal, unseal } from './seal.ts'

const SECRET = 'a secret that is long enough for tests only'

describe('a sealed secret', () => {
  it('opens to what it was, and never looks the same twice', () => {
    const [one, two] = [seal('näh ☃', 'network:1', SECRET), seal('näh ☃', 'network:1', SECRET)]
    expect(one).not.toBe(two)
    expect([unseal(one, 'network:1', SECRET), unseal(two, 'network:1', SECRET)]).toEqual(['näh ☃', 'näh ☃'])
  })

  it('does not open for another owner, so that a row copied to another tenant is worth nothing', () => {
    expect(() => unseal(seal('x', 'network:1', SECRET), 'network:2', SECRET)).toThrow('cannot be opened')
  })

  it('does not open under another AUTH_SECRET, and the message says what to look at', () => {
    expect(() => unseal(seal('x', 'o', SECRET), 'o', `${SECRET}!`)).toThrow('AUTH_SECRET')
  })

  it.each([0, 1, 2, 3])('does not open when part %i of it was changed or cut off', (place) => {
    const parts = seal('a secret', 'o', SECRET).split('.')
    const changed = parts.map((part, at) => (at === place ? `${part[0] === 'A' ? 'B' : 'A'}${part.slice(1)}` : part))
    expect(() => unseal(changed.join('.'), 'o', SECRET)).toThrow()
    expect(() => unseal(parts.slice(0, place).join('.'), 'o', SECRET)).toThrow()
  })
})
