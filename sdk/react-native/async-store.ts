import { memoryStore, type Store } from '../core/store.ts'
import type { AsyncStorageLike } from './adapters.ts'

/**
 * A store that answers at once from memory and writes to the phone's storage behind, in order. What cannot be written
 * is still sent while the app runs.
 * @param storage the app's, such as AsyncStorage
 * @param prefix of every key, so that nobody else's are touched
 * @returns the store, `ready` once what an earlier run left is read, and `written` once all writes so far are done
 */
export function asyncStore(
  storage: AsyncStorageLike,
  prefix: string,
): { store: Store; ready: Promise<void>; written: () => Promise<unknown> } {
  const memory = memoryStore()
  /** What was removed while the storage was still being read. */
  const gone = new Set<string>()
  let loaded = false
  let cleared = false
  const attempt = (work: () => Promise<unknown>) =>
    Promise.resolve()
      .then(work)
      .catch(() => undefined)

  const load = async () => {
    const keys = (await storage.getAllKeys()).filter((key) => key.startsWith(prefix))
    const values = await Promise.all(keys.map((key) => storage.getItem(key)))
    if (cleared) await Promise.all(keys.map((key) => storage.removeItem(key)))
    else
      for (const [index, key] of keys.entries()) {
        const name = key.slice(prefix.length)
        const value = values[index]
        if (typeof value === 'string' && memory.get(name) === null && !gone.has(name)) memory.set(name, value)
      }
  }
  const ready = attempt(load).then(() => {
    loaded = true
    gone.clear()
  })
  let tail: Promise<unknown> = ready
  const write = (work: () => Promise<unknown>) => {
    tail = tail.then(() => attempt(work))
  }
  const store: Store = {
    ...memory,
    durable: true,
    set(key, value) {
      memory.set(key, value)
      write(() => storage.setItem(prefix + key, value))
    },
    remove(key) {
      memory.remove(key)
      if (!loaded) gone.add(key)
      write(() => storage.removeItem(prefix + key))
    },
    clear() {
      if (!loaded) cleared = true
      for (const key of memory.keys()) store.remove(key)
    },
  }
  return { store, ready, written: () => tail }
}
