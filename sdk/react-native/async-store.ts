import { adopt, isEarlier } from '../core/adopt.ts'
import { memoryStore, type Store } from '../core/store.ts'
import type { AsyncStorageLike } from './adapters.ts'

/**
 * A store that answers at once from memory and writes to the phone's storage behind, in order. What cannot be written
 * is still sent while the app runs.
 * @param storage the app's, such as AsyncStorage
 * @param prefix of every key, so that nobody else's are touched
 * @param owner whose things of earlier versions are taken over
 * @returns the store, `ready` once what an earlier run left is read, and `written` once all writes so far are done
 */
export function asyncStore(
  storage: AsyncStorageLike,
  prefix: string,
  owner: { key: string; name?: string | undefined },
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
    const all = await storage.getAllKeys()
    const keys = all.filter((key) => key.startsWith(prefix))
    const values = await Promise.all(keys.map((key) => storage.getItem(key)))
    if (cleared) await Promise.all(keys.map((key) => storage.removeItem(key)))
    else
      for (const [index, key] of keys.entries()) {
        const name = key.slice(prefix.length)
        const value = values[index]
        if (typeof value === 'string' && memory.get(name) === null && !gone.has(name)) memory.set(name, value)
      }
    await takeOver(all.filter(isEarlier))
  }
  const takeOver = async (left: readonly string[]) => {
    const values = new Map(await Promise.all(left.map(async (key) => [key, await storage.getItem(key)] as const)))
    const removed: string[] = []
    const set: Store['set'] = (key, value) => cleared || gone.has(key) || store.set(key, value)
    adopt(
      { ...store, set },
      owner,
      left,
      (key) => values.get(key),
      (key) => removed.push(key),
    )
    // After everything is written under its new key: the app may be killed in between.
    for (const key of removed) write(() => storage.removeItem(key))
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
