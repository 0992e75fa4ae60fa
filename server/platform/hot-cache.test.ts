import { describe, expect, it } from 'vitest'
import { AppError } from './errors.ts'
import { HotCache } from './hot-cache.ts'

/** A store that can be changed, switched off and held back, and counts what it is asked. */
function makeStore() {
  const store = {
    values: new Map<string, string>(),
    asked: 0,
    away: false,
    gate: Promise.resolve(),
    now: 1_000_000,
  }
  const cache = new HotCache<string>({
    name: 'key',
    foundMs: 1000,
    absentMs: 100,
    capacity: 3,
    absentCapacity: 2,
    clock: { now: () => store.now },
    load: async (key) => {
      store.asked += 1
      const value = store.values.get(key) ?? null
      await store.gate
      if (store.away) throw new Error('away')
      return value
    },
  })
  return { store, cache }
}

describe('HotCache', () => {
  it('asks once for a found value until it is old, and sooner again for an absent one', async () => {
    const { store, cache } = makeStore()
    store.values.set('a', 'one')
    expect([await cache.get('a'), await cache.get('a'), await cache.get('b'), await cache.get('b')]).toEqual([
      'one',
      'one',
      null,
      null,
    ])
    expect(store.asked).toBe(2)
    store.now += 100
    store.values.set('b', 'two')
    expect([await cache.get('a'), await cache.get('b')]).toEqual(['one', 'two'])
    expect(store.asked).toBe(3)
    store.now += 1000
    await cache.get('a')
    expect(store.asked).toBe(4)
  })

  it('asks once for many callers at the same time', async () => {
    const { store, cache } = makeStore()
    store.values.set('a', 'one')
    expect(await Promise.all([cache.get('a'), cache.get('a'), cache.get('a')])).toEqual(['one', 'one', 'one'])
    expect(store.asked).toBe(1)
  })

  it('answers from what it knew while the store is away, and refuses what it did not know', async () => {
    const { store, cache } = makeStore()
    store.values.set('a', 'one')
    await cache.get('a')
    await cache.get('b')
    store.away = true
    store.now += 5000
    expect(await cache.get('a')).toBe('one')
    await expect(cache.get('b')).rejects.toMatchObject({ code: 'unavailable', retryAfter: 2 })
    await expect(cache.get('c')).rejects.toBeInstanceOf(AppError)
    expect(store.asked).toBe(3)
    store.away = false
    store.now += 1000
    expect(await cache.get('c')).toBeNull()
  })

  it('looks up again what was refreshed, and forgets what was dropped', async () => {
    const { store, cache } = makeStore()
    store.values.set('a', 'one')
    await cache.get('a')
    store.values.set('a', 'two')
    cache.refresh((key) => key === 'other')
    expect(await cache.get('a')).toBe('one')
    cache.refresh()
    expect(await cache.get('a')).toBe('two')
    cache.drop('a')
    store.away = true
    await expect(cache.get('a')).rejects.toBeInstanceOf(AppError)
  })

  it.each(['drop', 'refresh'] as const)('does not keep an answer that a %s overtook', async (how) => {
    const { store, cache } = makeStore()
    store.values.set('a', 'old')
    let open: () => void = () => undefined
    store.gate = new Promise((resolve) => {
      open = resolve
    })
    const early = cache.get('a')
    store.values.set('a', 'new')
    if (how === 'drop') cache.drop('a')
    else cache.refresh()
    open()
    await early
    expect(await cache.get('a')).toBe('new')
  })

  it('is not emptied of what exists by asking for what does not, of which it holds few', async () => {
    const { store, cache } = makeStore()
    store.values.set('a', 'one')
    await cache.get('a')
    for (const key of ['w', 'x', 'y', 'z']) expect(await cache.get(key)).toBeNull()
    expect(store.asked).toBe(5)
    expect([await cache.get('a'), cache.holds('a'), cache.holds('z')]).toEqual(['one', true, false])
    await cache.get('z')
    expect(store.asked).toBe(5)
    await cache.get('w')
    expect(store.asked).toBe(6)
  })

  it.each(['drop', 'refresh'] as const)('finds what was absent at once after a %s', async (how) => {
    const { store, cache } = makeStore()
    expect(await cache.get('a')).toBeNull()
    store.values.set('a', 'one')
    if (how === 'drop') cache.drop('a')
    else cache.refresh((key) => key === 'a')
    expect(await cache.get('a')).toBe('one')
  })

  it('holds at most so many keys', async () => {
    const { store, cache } = makeStore()
    for (const key of ['a', 'b', 'c', 'd']) store.values.set(key, key)
    for (const key of ['a', 'b', 'c', 'd', 'a']) await cache.get(key)
    expect(store.asked).toBe(5)
  })
})
