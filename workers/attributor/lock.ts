import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'

/** Any number that nothing else in the product uses. */
const LOCK = 4_201_871

/** The right to decide, held until it is released or the connection breaks. */
export interface HeldLock {
  /** Called when the connection broke, and with it the right. */
  onLost(listener: () => void): void
  release(): Promise<void>
}

/**
 * Waits until this process is the only attributor on the database. Two at once would give one decision two versions.
 * The lock ends with its connection, so a killed process leaves none behind.
 * @param url the application role's connection
 * @param signal gives up
 * @throws the signal's reason, or a connection error
 */
export async function becomeOnlyAttributor(url: string, signal: AbortSignal): Promise<HeldLock> {
  const client = new pg.Client({ connectionString: url, application_name: 'unmogrowp-attributor', keepAlive: true })
  const listeners: (() => void)[] = []
  let released = false
  client.on('error', () => undefined)
  client.on('end', () => {
    if (!released) for (const listener of listeners) listener()
  })
  await client.connect()
  try {
    for (;;) {
      signal.throwIfAborted()
      const { rows } = await client.query<{ held: boolean }>('select pg_try_advisory_lock($1) as held', [LOCK])
      if (rows[0]?.held) break
      await sleep(500, undefined, { signal })
    }
  } catch (error) {
    released = true
    await client.end().catch(() => undefined)
    throw error
  }
  return {
    onLost: (listener) => listeners.push(listener),
    async release() {
      released = true
      await client.end().catch(() => undefined)
    },
  }
}
