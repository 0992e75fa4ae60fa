/** Where the SDK keeps its state and its queue. A `set` that cannot be written stays readable until the page ends. */
export interface Store {
  /** False when nothing outlives the page or the process. */
  durable: boolean
  get(key: string): string | null
  keys(): string[]
  set(key: string, value: string): void
  remove(key: string): void
  /** Removes everything, also what is not read yet. */
  clear(): void
}

/** Keys of the state; a queued event has QUEUED and its id. */
export const DEVICE = 'device'
export const USER = 'user'
export const CONSENT = 'consent'
export const SESSION = 'session'
export const INSTALLED = 'installed'
export const CLICK = 'click'
export const WAIT = 'wait'
export const QUEUED = 'q.'
/** The consent of somebody who said no. */
export const DENIED = 'denied'

/** A store that lasts as long as the page or process. */
export function memoryStore(): Store {
  const map = new Map<string, string>()
  return {
    durable: false,
    get: (key) => map.get(key) ?? null,
    keys: () => [...map.keys()],
    set: (key, value) => void map.set(key, value),
    remove: (key) => void map.delete(key),
    clear: () => map.clear(),
  }
}
