import { backoff, LONGEST_WAIT_MS } from './backoff.ts'
import { type Queue, type Queued, readEvent } from './queue.ts'
import { type Store, WAIT } from './store.ts'
import type { Outcome, Post, Refused } from './transport.ts'
import type { Rejection } from './types.ts'

const MOST_EVENTS = 500
const MOST_BYTES = 500_000
/** Browsers allow 64 KB for everything that outlives a page. */
const MOST_BYTES_LEAVING = 60_000
const LATER_MS = 1_000
/** Refusals of a time that a wrong clock explains. */
const CLOCK_CODES = ['in_future', 'invalid_time']

/** What a sender works with. */
export interface SenderOptions {
  queue: Queue
  /** Where the wait is kept that the server asked for, so that the next page and other tabs know of it. */
  store: Store
  post: Post
  /** Runs the work while no other tab sends. */
  exclusively: (work: () => Promise<void>) => Promise<void>
  isOnline: () => boolean
  onRejected: (rejection: Rejection) => void
}

/** Empties the queue: batch by batch, one tab at a time, later again after a failure. */
export interface Sender {
  /** Sends after so many milliseconds, unless a failure asked for more patience or it is due sooner anyway. */
  schedule(ms: number): void
  /** Sends now. Resolves when the queue is empty or a try has failed. */
  flush(): Promise<void>
  /** Sends what fits while the page goes away. `whole`: also what is under way, because the page's end cuts it off. */
  leave(whole: boolean): void
  /** The network is back: what failed before says nothing any more. */
  recovered(): void
  setPaused(paused: boolean): void
}

/** Makes the sender of a queue. */
export function createSender({ queue, store, post, exclusively, isOnline, onRejected }: SenderOptions): Sender {
  let timer: ReturnType<typeof setTimeout> | undefined
  let dueAt = Number.POSITIVE_INFINITY
  let failures = 0
  /** Until when it waits of its own accord (Unix milliseconds). */
  let patientUntil = 0
  let paused = false
  let running: Promise<void> | undefined
  /** Ids under way; true for those that outlive the page. */
  const underWay = new Map<string, boolean>()

  /** Until when the server asked to wait (Unix milliseconds); nobody waits for ever because a clock was ahead. */
  const refusedUntil = (): number => {
    const until = Number(store.get(WAIT))
    return until - Date.now() <= LONGEST_WAIT_MS ? until : 0
  }

  const finish = (batch: readonly Queued[], refused: readonly Refused[]) => {
    const again: Queued[] = []
    for (const { index, code, message, field } of refused) {
      const item = batch[index]
      if (!item) continue
      const { event_time, ...rest } = readEvent(item[1])
      // A clock that is a day off or reads 1970 must not cost the event: without its time it gets that of its arrival.
      if (field !== 'event_time' || event_time === undefined || !CLOCK_CODES.includes(code)) {
        onRejected({ event: readEvent(item[1]), code, message, field })
      } else if (queue.has(item)) again.push([item[0], JSON.stringify(rest)])
    }
    queue.remove(batch)
    for (const [id, text] of again) queue.add(id, text)
  }

  /** Delivers a batch, in halves where it is too large. Returns how long to wait after a failure, else null. */
  const deliver = async (batch: readonly Queued[], leaving: boolean): Promise<number | null> => {
    let outcome: Outcome
    for (const [id] of batch) underWay.set(id, leaving)
    try {
      outcome = await post(
        batch.map(([, text]) => text),
        { leaving },
      )
    } finally {
      for (const [id] of batch) underWay.delete(id)
    }
    if ('later' in outcome) return outcome.later
    if ('done' in outcome) {
      finish(batch, outcome.done)
      return null
    }
    if (batch.length === 1) {
      finish(batch, [{ index: 0, field: '', ...outcome.split }])
      return null
    }
    const half = batch.length >> 1
    return (await deliver(batch.slice(0, half), leaving)) ?? deliver(batch.slice(half), leaving)
  }

  const sendAll = async (): Promise<void> => {
    while (!paused) {
      const batch = queue.take(MOST_EVENTS, MOST_BYTES)
      if (batch.length === 0) return
      const wait = await deliver(batch, false)
      if (wait !== null) {
        failures += 1
        // Unless consent was withdrawn meanwhile: then nothing is stored any more.
        if (wait > 0 && batch.some(queue.has)) store.set(WAIT, String(Date.now() + wait))
        patientUntil = Date.now() + backoff(failures, wait, Math.random())
        schedule(0)
        return
      }
      failures = 0
    }
  }

  const flush = (): Promise<void> => {
    clearTimeout(timer)
    dueAt = Number.POSITIVE_INFINITY
    if (Date.now() < refusedUntil()) schedule(0)
    // Paused or offline: resuming or the network's return sends.
    else if (!paused && isOnline()) {
      running ??= exclusively(sendAll)
        .catch(() => undefined)
        .then(() => {
          running = undefined
          // What was added while the lock was being given back.
          if (queue.size() > 0) schedule(LATER_MS)
        })
      return running
    }
    return Promise.resolve()
  }

  const schedule = (ms: number): void => {
    const due = Math.max(Date.now() + ms, patientUntil, refusedUntil())
    if (due >= dueAt) return
    clearTimeout(timer)
    dueAt = due
    timer = setTimeout(flush, due - Date.now())
  }

  return {
    schedule,
    flush,
    leave(whole) {
      if (paused || Date.now() < Math.max(patientUntil, refusedUntil())) return
      const batch = queue.take(MOST_EVENTS, MOST_BYTES_LEAVING, (id) =>
        whole ? underWay.get(id) === true : underWay.has(id),
      )
      if (batch.length > 0) void deliver(batch, true)
    },
    recovered() {
      failures = 0
      patientUntil = 0
      schedule(0)
    },
    setPaused(value) {
      paused = value
      if (!value) schedule(0)
    },
  }
}
