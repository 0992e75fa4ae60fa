import { QUEUED, type Store } from './store.ts'

/** An event that waits: its id and its JSON. */
export type Queued = readonly [id: string, text: string]

/** Past these the oldest event makes room. Browsers give a site about 5 MB for everything. */
const MOST_EVENTS = 1_000
const MOST_CHARACTERS = 1_000_000

/** A queued event as an object; empty when something else on the page has spoilt it. */
export function readEvent(text: string): Record<string, unknown> {
  try {
    return JSON.parse(text)
  } catch {
    return {}
  }
}

/** Bytes of a text in UTF-8, or slightly more. */
export function bytesOf(text: string): number {
  let bytes = text.length
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) bytes += 2
  return bytes
}

/** Events that wait to be sent, each under a key of its own, so that several tabs can write without losing anything. */
export interface Queue {
  add(id: string, text: string): void
  /**
   * The oldest that fit, at least one if any waits.
   * @param most how many
   * @param mostBytes of their JSON together
   * @param skip says which ids stay out
   */
  take(most: number, mostBytes: number, skip?: (id: string) => boolean): Queued[]
  remove(events: readonly Queued[]): void
  /** False once it was sent, made room or was dropped. */
  has(event: Queued): boolean
  /** How many wait, as far as this tab knows. */
  size(): number
}

/**
 * A bounded queue in a store.
 * @param onFull gets each event that made room for newer ones
 */
export function createQueue(store: Store, onFull: (text: string) => void): Queue {
  let count = 0
  let characters = 0

  /** Ids begin with a time, so sorting them sorts by age. Counts anew, because other tabs add and send, too. */
  const ids = () => {
    const found = store.keys().filter((key) => key.startsWith(QUEUED))
    count = found.length
    return found.sort().map((key) => key.slice(QUEUED.length))
  }
  const read = (id: string) => store.get(QUEUED + id) ?? ''
  const measure = () => {
    const all = ids()
    characters = all.reduce((sum, id) => sum + read(id).length, 0)
    return all
  }
  measure()

  /** What goes next when there is no room, as of the last look: looking at everything for every event would take milliseconds. */
  let oldest: string[] = []
  const isFull = () => count >= MOST_EVENTS || characters >= MOST_CHARACTERS

  const makeRoom = () => {
    if (oldest.length === 0) oldest = measure()
    while (isFull() && oldest.length > 0) {
      const id = oldest.shift() ?? ''
      const text = read(id)
      // Sent meanwhile, perhaps by another tab: then there may be room.
      if (!text) {
        store.remove(QUEUED + id)
        oldest = measure()
      }
      // Without its install a device has no source: that one goes last, which is when it is alone.
      else if (count === 1 || !text.includes('"event_name":"install"')) {
        store.remove(QUEUED + id)
        count -= 1
        characters -= text.length
        onFull(text)
      }
    }
  }

  return {
    add(id, text) {
      if (isFull()) makeRoom()
      store.set(QUEUED + id, text)
      count += 1
      characters += text.length
    },
    take(most, mostBytes, skip) {
      const taken: Queued[] = []
      let bytes = 2
      for (const id of ids()) {
        if (taken.length >= most) break
        const text = read(id)
        if (!text || skip?.(id)) continue
        bytes += bytesOf(text) + 1
        if (bytes > mostBytes && taken.length > 0) break
        taken.push([id, text])
      }
      return taken
    },
    remove(events) {
      for (const [id, text] of events) {
        store.remove(QUEUED + id)
        count -= 1
        characters -= text.length
      }
    },
    has: ([id]) => store.get(QUEUED + id) !== null,
    size: () => count,
  }
}
