import { describe, expect, test } from 'vitest'
import { backoff, retryAfterMs } from './backoff.ts'
import { readLink } from './deep-link.ts'
import { uuid } from './ids.ts'
import { bytesOf, createQueue } from './queue.ts'
import { durableStore } from './testing/fake-platform.ts'

describe('backoff', () => {
  test('spreads over the whole of a span that doubles up to five minutes', () => {
    expect([1, 2, 3, 20].map((failures) => backoff(failures, 0, 0))).toEqual([0, 0, 0, 0])
    expect([1, 2, 3, 20].map((failures) => backoff(failures, 0, 1))).toEqual([1000, 2000, 4000, 300_000])
  })

  test('is never shorter than what the server asked for', () => {
    expect(backoff(1, 30_000, 0)).toBe(30_000)
    expect(backoff(1, 30_000, 1)).toBe(31_000)
  })

  test('Retry-After is read as seconds or as a date, at most a day, and nonsense is nothing', () => {
    const now = Date.UTC(2026, 10, 1)
    expect(retryAfterMs('2', now)).toBe(2000)
    expect(retryAfterMs('Sun, 01 Nov 2026 00:01:00 GMT', now)).toBe(60_000)
    expect(retryAfterMs('999999999', now)).toBe(86_400_000)
    for (const header of [null, '', 'soon', '-5']) expect(retryAfterMs(header, now)).toBe(0)
  })
})

describe('ids', () => {
  test('are UUIDs of version 7 that carry their time', () => {
    const id = uuid(Date.UTC(2026, 10, 1))
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    expect(Number.parseInt(id.replace(/-/g, '').slice(0, 12), 16)).toBe(Date.UTC(2026, 10, 1))
  })

  test('of one millisecond differ', () => {
    expect(new Set(Array.from({ length: 1000 }, () => uuid(1))).size).toBe(1000)
  })
})

describe('deep links', () => {
  test('of an app’s own scheme are read, with decoded parameters and the click id’s plus signs as they are', () => {
    expect(readLink('game://open/level?click_id=a+b%2F&name=M%C3%BCller#top?click_id=no')).toEqual({
      url: 'game://open/level?click_id=a+b%2F&name=M%C3%BCller#top?click_id=no',
      clickId: 'a+b/',
      referrer: undefined,
      params: { click_id: 'a+b/', name: 'Müller' },
    })
  })

  test('with broken escapes and hostile names are read as far as they can be', () => {
    const { params, clickId } = readLink('https://a.example/?x=%E0%A4%A&__proto__=1&click_id=&=&y')
    expect(clickId).toBeUndefined()
    expect(Object.entries(params)).toEqual([
      ['x', '%E0%A4%A'],
      ['__proto__', '1'],
      ['click_id', ''],
    ])
  })
})

describe('queue', () => {
  const event = (name: string, length = 0) => JSON.stringify({ event_name: name, text: 'x'.repeat(length) })

  test('keeps 1,000 events; then the oldest makes room, but never the install', () => {
    const dropped: string[] = []
    const queue = createQueue(durableStore(), (text) => dropped.push(JSON.parse(text).event_name))
    queue.add('000', event('install'))
    for (let index = 1; index <= 1002; index++) queue.add(String(index).padStart(4, '0'), event(`e${index}`))
    expect(dropped).toEqual(['e1', 'e2', 'e3'])
    expect(queue.take(2000, 1e7)).toHaveLength(1000)
    expect(queue.take(1, 1e7)[0]?.[0]).toBe('000')
  })

  test('keeps about a million characters', () => {
    const dropped: string[] = []
    const queue = createQueue(durableStore(), (text) => dropped.push(JSON.parse(text).event_name))
    for (let index = 0; index < 12; index++) queue.add(`${10 + index}`, event(`e${index}`, 100_000))
    expect(dropped).toEqual(['e0', 'e1'])
  })

  test('drops nothing when another tab has sent what waited meanwhile', () => {
    const dropped: string[] = []
    const store = durableStore()
    const [one, other] = [createQueue(store, (text) => dropped.push(text)), createQueue(store, () => undefined)]
    for (let index = 0; index < 1001; index++) one.add(String(index).padStart(4, '0'), event('e'))
    expect(dropped).toHaveLength(1)
    other.remove(other.take(900, 1e7))
    one.add('1001', event('e'))
    expect(dropped).toHaveLength(1)
  })

  test('hands out the oldest that fit by number and bytes, and one that fits nowhere alone', () => {
    const queue = createQueue(durableStore(), () => undefined)
    for (const id of ['3', '1', '2']) queue.add(id, event(id, 1000))
    expect(queue.take(2, 1e6).map(([id]) => id)).toEqual(['1', '2'])
    expect(queue.take(9, 2_200).map(([id]) => id)).toEqual(['1', '2'])
    expect(queue.take(9, 10).map(([id]) => id)).toEqual(['1'])
    expect(queue.take(9, 1e6, (id) => id === '1').map(([id]) => id)).toEqual(['2', '3'])
  })

  test('never takes a text for shorter than it is on the wire', () => {
    for (const text of ['abc', 'Müller', '日本', '😀', '']) {
      expect(bytesOf(text)).toBeGreaterThanOrEqual(new TextEncoder().encode(text).length)
    }
  })
})
