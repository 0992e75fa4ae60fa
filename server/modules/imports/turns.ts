/**
 * Makes a queue in which work is done one after the other.
 * @returns call it with work: it waits for its turn and gives what the work gives. Whoever is aborted while waiting leaves the
 *   queue with the signal's reason; work under way has to look at the signal itself.
 */
export function createTurns(): <T>(work: () => Promise<T>, signal: AbortSignal) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve()
  return (work, signal) => {
    const before = last
    const gone = new Promise<never>((_resolve, reject) => {
      const leave = () => reject(signal.reason)
      if (signal.aborted) leave()
      else signal.addEventListener('abort', leave, { once: true })
      before.then(() => signal.removeEventListener('abort', leave))
    })
    const mine = before.then(() => {
      signal.throwIfAborted()
      return work()
    })
    last = mine.catch(() => undefined)
    // Whoever left is out of the way of the next as soon as it is their turn.
    return Promise.race([mine, gone])
  }
}
