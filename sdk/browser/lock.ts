const PATIENCE_MS = 10_000

/**
 * Runs work while no other tab of the site runs work under the same name. Without Web Locks (a page over plain http),
 * or when another tab has held the lock for too long, it runs all the same: doubles carry the same id and count once.
 * @throws whatever the work throws
 */
export async function exclusively(name: string, work: () => Promise<void>): Promise<void> {
  if (!globalThis.navigator?.locks) return work()
  const abort = new AbortController()
  const timer = setTimeout(() => abort.abort(), PATIENCE_MS)
  let began = false
  try {
    await navigator.locks.request(name, { signal: abort.signal }, () => {
      clearTimeout(timer)
      began = true
      return work()
    })
  } catch (error) {
    if (began) throw error
    return work()
  }
}
