import { expect, test } from 'vitest'
import { asyncStore } from '../react-native/async-store.ts'
import { adopt, isEarlier, prefixOf } from './adopt.ts'
import { instances } from './instances.ts'
import { durableStore } from './testing/fake-platform.ts'

const A = 'ik_aaaaaaaa'
const B = 'ik_bbbbbbbb'

/** What a store holds after it took over what was left; everything must be gone from where it was. */
function after(
  left: Record<string, string>,
  owner: { key: string; name?: string },
  before: Record<string, string> = {},
): { now: Record<string, string | null>; left: string[] } {
  const store = durableStore()
  for (const [key, value] of Object.entries(before)) store.set(key, value)
  const disk = new Map(Object.entries(left))
  adopt(
    store,
    owner,
    [...disk.keys()].filter(isEarlier),
    (key) => disk.get(key),
    (key) => disk.delete(key),
  )
  return { now: Object.fromEntries(store.keys().map((key) => [key, store.get(key)])), left: [...disk.keys()] }
}

const under = (key: string, things: Record<string, string>) =>
  Object.fromEntries(Object.entries(things).map(([what, value]) => [`unmogrowp.${key}.${what}`, value]))
const device = (id: string) => ({
  device: id,
  installed: '1',
  session: '3 1700000000000',
  [`q.${id}`]: `{"of":"${id}"}`,
})

test('a device that an earlier version kept under another key stays itself, with all that waits', () => {
  const { wait, ...kept } = { ...device('one'), wait: '5' }
  expect(after(under(A, { ...kept, wait }), { key: B })).toEqual({ now: kept, left: [] })
})

test('of two devices the key’s own stays, unmixed, and the events of both are sent', () => {
  const own = { device: 'own', 'q.own': '{}' }
  const left = { ...under(A, device('other')), ...under(B, own) }
  expect(after(left, { key: B })).toEqual({ now: { ...own, 'q.other': '{"of":"other"}' }, left: [] })
})

test('a device that is there already is not replaced', () => {
  expect(after(under(A, device('one')), { key: B }, { device: 'here' }).now).toEqual({
    device: 'here',
    'q.one': '{"of":"one"}',
  })
})

test('a refusal holds under the next key, and nothing is taken over past one', () => {
  expect(after(under(A, { consent: 'denied' }), { key: B }).now).toEqual({ consent: 'denied' })
  expect(after(under(A, device('one')), { key: B }, { consent: 'denied' })).toEqual({
    now: { consent: 'denied' },
    left: [],
  })
})

test('with a name only the key’s own is taken over, and nobody else’s things ever', () => {
  const foreign = { 'unmogrowp.name-shop.device': 'x', 'shop.ik_aaaaaaaa.device': 'y', 'unmogrowp.default.device': 'z' }
  const left = { ...under(A, device('other')), ...under(B, device('own')), ...foreign }
  const result = after(left, { key: B, name: 'news' })
  expect(result.now).toEqual(device('own'))
  expect(result.left).toEqual([...Object.keys(under(A, device('other'))), ...Object.keys(foreign)])
})

test('no instance’s keys begin with another’s', () => {
  const prefixes = [undefined, '', 'shop', 'shop.', 'shop.news', 'default', 'ik_aaaaaaaa'].map(prefixOf)
  for (const one of prefixes) {
    expect(prefixes.filter((other) => other.startsWith(one))).toEqual([one])
    expect(isEarlier(`${one}device`)).toBe(false)
  }
})

test('two keys in one place need names; the same one again is the same client', () => {
  const init = instances<{ key: string; name?: string; endpoint: string }>(() => ({}) as never)
  const first = init({ key: A, endpoint: '' })
  expect(init({ key: A, endpoint: '' })).toBe(first)
  expect(() => init({ key: B, endpoint: '' })).toThrow('Give each app a name')
  expect(init({ key: B, name: 'news', endpoint: '' })).not.toBe(first)
})

test.each([0, 1, 2, 3, 4, 5, 6, 7, 8, 9])(
  'a phone that is killed after %i writes of taking over has the same device and queue at the next launch',
  async (survived) => {
    const items = new Map(Object.entries(under(A, device('one'))))
    let writes = 0
    const open = (most: number) => {
      writes = 0
      const write = async (work: () => unknown) => {
        writes += 1
        if (writes <= most) work()
      }
      const storage = {
        getAllKeys: async () => [...items.keys()],
        getItem: async (key: string) => items.get(key) ?? null,
        setItem: (key: string, value: string) => write(() => items.set(key, value)),
        removeItem: (key: string) => write(() => items.delete(key)),
      }
      return asyncStore(storage, prefixOf(undefined), { key: B })
    }
    const killed = open(survived)
    await killed.ready
    await killed.written()
    const { store, ready, written } = open(1000)
    await ready
    const stored = () => Object.fromEntries(store.keys().map((key) => [key, store.get(key)]))
    expect(stored()).toEqual(device('one'))
    await written()
    expect(Object.fromEntries(items)).toEqual(
      Object.fromEntries(Object.entries(device('one')).map(([what, value]) => [prefixOf(undefined) + what, value])),
    )
  },
)
