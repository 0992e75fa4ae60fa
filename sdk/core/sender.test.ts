import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { createQueue } from './queue.ts'
import { createSender } from './sender.ts'
import { durableStore, type FakePlatform, fakePlatform } from './testing/fake-platform.ts'
import type { Outcome, Post } from './transport.ts'
import type { Rejection } from './types.ts'

const START = Date.UTC(2026, 10, 1, 12)

beforeEach(() => {
  vi.useFakeTimers({ now: START })
  // The longest wait that full jitter allows.
  vi.spyOn(Math, 'random').mockReturnValue(1)
})
afterEach(() => {
  vi.useRealTimers()
  vi.restoreAllMocks()
})

function setUp(answers: (Outcome | Promise<Outcome>)[] = [], post?: Post) {
  const platform = fakePlatform({ store: durableStore() })
  platform.answers.push(...answers)
  const rejected: Rejection[] = []
  const queue = createQueue(platform.store, () => undefined)
  const sender = createSender({
    ...platform,
    ...(post && { post }),
    queue,
    onRejected: (rejection) => rejected.push(rejection),
  })
  const add = (...ids: string[]) => {
    for (const id of ids) queue.add(id, JSON.stringify({ event_id: id, event_time: 'then' }))
  }
  return { platform, queue, sender, rejected, add }
}
const ids = ({ requests }: FakePlatform) =>
  requests.map(({ events }) => events.map(({ event_id }) => event_id).join(''))
const waiting = (queue: ReturnType<typeof createQueue>) => queue.take(100, 1e6).map(([id]) => id)

test('an event stays in the queue until the collector has answered', async () => {
  let answer: ((outcome: Outcome) => void) | undefined
  const { platform, queue, sender, add } = setUp([
    new Promise((resolve) => {
      answer = resolve
    }),
  ])
  add('a')
  const flushed = sender.flush()
  await vi.advanceTimersByTimeAsync(0)
  expect(ids(platform)).toEqual(['a'])
  expect(waiting(queue)).toEqual(['a'])
  answer?.({ done: [] })
  await flushed
  expect(waiting(queue)).toEqual([])
})

test('after failures it waits exponentially longer, and what is tracked meanwhile does not shorten that', async () => {
  const { platform, sender, add } = setUp([{ later: 0 }, { later: 0 }, { later: 0 }])
  add('a')
  await sender.flush()
  sender.schedule(0)
  const tries: number[] = []
  for (let second = 1; second <= 8; second++) {
    await vi.advanceTimersByTimeAsync(1000)
    sender.schedule(0)
    tries.push(platform.requests.length)
  }
  // Tries at 0, 1, 3 and 7 seconds.
  expect(tries).toEqual([2, 2, 3, 3, 3, 3, 4, 4])
})

test('a Retry-After is waited out, even when the app flushes or the network comes back', async () => {
  const { platform, sender, add } = setUp([{ later: 20_000 }])
  add('a')
  await sender.flush()
  await sender.flush()
  sender.recovered()
  await vi.advanceTimersByTimeAsync(19_999)
  expect(platform.requests).toHaveLength(1)
  await vi.advanceTimersByTimeAsync(1_100)
  expect(ids(platform)).toEqual(['a', 'a'])
})

test('another page and another tab wait as well, but not for a time that only a wrong clock explains', async () => {
  const { platform, sender, add } = setUp([{ later: 20_000 }])
  add('a')
  await sender.flush()
  const queue = createQueue(platform.store, () => undefined)
  const next = createSender({ ...platform, queue, onRejected: () => undefined })
  await next.flush()
  next.leave(true)
  expect(platform.requests).toHaveLength(1)
  sender.setPaused(true)
  vi.setSystemTime(START - 3 * 86_400_000)
  await next.flush()
  expect(ids(platform)).toEqual(['a', 'a'])
})

test('when the network comes back it does not wait for its own patience', async () => {
  const { platform, sender, add } = setUp([{ later: 0 }, { later: 0 }, { later: 0 }, { later: 0 }])
  add('a')
  await sender.flush()
  await vi.advanceTimersByTimeAsync(7_000)
  expect(platform.requests).toHaveLength(4)
  sender.recovered()
  await vi.advanceTimersByTimeAsync(1)
  expect(platform.requests).toHaveLength(5)
})

test('offline it does not try, and does when the network is back', async () => {
  const { platform, sender, add } = setUp()
  platform.online = false
  add('a')
  sender.schedule(0)
  await vi.advanceTimersByTimeAsync(60_000)
  expect(platform.requests).toEqual([])
  platform.online = true
  sender.recovered()
  await vi.advanceTimersByTimeAsync(1)
  expect(ids(platform)).toEqual(['a'])
})

test('what is too large goes in halves, until the one that is at fault is alone', async () => {
  const split = { split: { code: 'too_large', message: 'too large' } }
  const { platform, queue, sender, rejected, add } = setUp([split, split, split, { done: [] }, { done: [] }])
  add('a', 'b', 'c', 'd')
  await sender.flush()
  expect(ids(platform)).toEqual(['abcd', 'ab', 'a', 'b', 'cd'])
  expect(rejected).toMatchObject([{ event: { event_id: 'a' }, code: 'too_large', message: 'too large' }])
  expect(waiting(queue)).toEqual([])
})

test('refused events are told with the reason and never sent again; the others of the batch are done', async () => {
  const refusal = { index: 1, code: 'missing', message: 'currency is required', field: 'currency' }
  const { platform, queue, sender, rejected, add } = setUp([{ done: [refusal] }])
  add('a', 'b', 'c')
  await sender.flush()
  await vi.advanceTimersByTimeAsync(60_000)
  expect(ids(platform)).toEqual(['abc'])
  expect(rejected).toEqual([
    {
      event: { event_id: 'b', event_time: 'then' },
      code: 'missing',
      message: 'currency is required',
      field: 'currency',
    },
  ])
  expect(waiting(queue)).toEqual([])
})

test('an entry that something else on the page has spoilt is thrown out and holds nothing up', async () => {
  const split = { split: { code: 'bad_request', message: 'not readable' } }
  const post: Post = async (texts) => (texts.includes('{"half') ? split : { done: [] })
  const { platform, queue, sender, rejected, add } = setUp([], post)
  add('b')
  platform.store.set('q.a', '{"half')
  await sender.flush()
  expect(rejected).toEqual([{ event: {}, code: 'bad_request', message: 'not readable', field: '' }])
  expect(waiting(queue)).toEqual([])
})

test.each(['in_future', 'invalid_time'])(
  'an event of a device whose clock is wrong (%s) goes again without its time, under the same id',
  async (code) => {
    const { platform, sender, rejected, add } = setUp([
      { done: [{ index: 0, code, message: '', field: 'event_time' }] },
    ])
    add('a')
    await sender.flush()
    expect(platform.requests.map(({ events }) => events)).toEqual([
      [{ event_id: 'a', event_time: 'then' }],
      [{ event_id: 'a' }],
    ])
    expect(rejected).toEqual([])
  },
)

describe('when the page goes away', () => {
  test('hidden: what is not under way is sent at once, what fits into 60 KB', async () => {
    const { platform, queue, sender, add } = setUp([new Promise(() => undefined)])
    add('a')
    void sender.flush()
    await vi.advanceTimersByTimeAsync(0)
    add('b')
    for (let index = 0; index < 20; index++) queue.add(`c${index}`, JSON.stringify({ text: 'x'.repeat(10_000) }))
    sender.leave(false)
    const [, left] = platform.requests
    expect(left?.leaving).toBe(true)
    expect(left?.events[0]).toMatchObject({ event_id: 'b' })
    expect(JSON.stringify(left?.events).length).toBeGreaterThan(40_000)
    expect(JSON.stringify(left?.events).length).toBeLessThan(60_000)
  })

  test('unloaded: also what is under way, because the page’s end cuts it off, but not what already outlives it', async () => {
    const { platform, sender, add } = setUp([new Promise(() => undefined), new Promise(() => undefined)])
    add('a')
    void sender.flush()
    await vi.advanceTimersByTimeAsync(0)
    sender.leave(true)
    sender.leave(true)
    sender.leave(false)
    expect(ids(platform)).toEqual(['a', 'a'])
  })

  test('acknowledged after all, it is not sent again', async () => {
    const { platform, sender, add } = setUp()
    add('a')
    sender.leave(false)
    await vi.advanceTimersByTimeAsync(0)
    await sender.flush()
    expect(ids(platform)).toEqual(['a'])
  })
})
