import { adopt, isEarlier } from '../core/adopt.ts'
import { memoryStore, type Store } from '../core/store.ts'

/**
 * Keeps things in localStorage: writing is done when `set` returns, so an event that is tracked just before the page is
 * left is not lost. Where storage is blocked everything stays in memory, and what does not fit any more does, too.
 * @param prefix of every key, so that nobody else's are touched
 * @param owner whose things of earlier versions are taken over
 */
export function localStore(prefix: string, owner: { key: string; name?: string | undefined }): Store {
  const memory = memoryStore()
  let disk: Storage
  try {
    disk = localStorage
    disk.setItem(prefix, '1')
    disk.removeItem(prefix)
  } catch {
    return memory
  }
  const keys = () => Object.keys(disk).filter((key) => key.startsWith(prefix))
  const store: Store = {
    durable: true,
    get: (key) => memory.get(key) ?? disk.getItem(prefix + key),
    keys: () => [...new Set([...memory.keys(), ...keys().map((key) => key.slice(prefix.length))])],
    set(key, value) {
      try {
        disk.setItem(prefix + key, value)
        memory.remove(key)
      } catch {
        memory.set(key, value)
      }
    },
    remove(key) {
      memory.remove(key)
      disk.removeItem(prefix + key)
    },
    clear() {
      memory.clear()
      for (const key of keys()) disk.removeItem(key)
    },
  }
  const left = Object.keys(disk).filter(isEarlier)
  // Removed before it is written again: there may be no room for both.
  adopt(
    store,
    owner,
    left,
    (key) => disk.getItem(key),
    (key) => disk.removeItem(key),
  )
  return store
}
