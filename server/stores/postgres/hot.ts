import pg from 'pg'
import type { Logger } from '#server/platform/logger.ts'

/** The channel on which triggers tell what changed (prisma/migrations: notify_hot_change, notify_adjust_change, notify_quota_change). */
const CHANNEL = 'unmogrowp_hot'
const LONGEST_PAUSE_MS = 5_000

/** What changed: `everything` after the connection was away, because notices may have been missed. */
export interface HotChange {
  kind: 'ingest_key' | 'secret_key' | 'link' | 'app' | 'adjust_app' | 'quota' | 'everything'
  id: string
}

/** Postgres as the hot path sees it: the closed list of look-up functions and notices of changes. No ORM. */
export interface HotPostgres {
  /** Runs one look-up. Throws when Postgres is away or answers too late. */
  query<Row>(sql: string, values: readonly unknown[]): Promise<Row[]>
  /** Registers a listener for changes. */
  onChange(listener: (change: HotChange) => void): void
  /** Throws when Postgres cannot be reached. */
  ping(): Promise<void>
  close(): Promise<void>
}

const KINDS: readonly string[] = ['ingest_key', 'secret_key', 'link', 'app', 'adjust_app', 'quota']

function parseChange(payload: string): HotChange {
  const colon = payload.indexOf(':')
  const kind = payload.slice(0, colon)
  if (colon > 0 && KINDS.includes(kind)) return { kind: kind as HotChange['kind'], id: payload.slice(colon + 1) }
  return { kind: 'everything', id: '' }
}

/**
 * Opens a small pool and a listening connection that reconnects for as long as it takes; being away at the start is no
 * error.
 * @param options url: the application role's connection; timeoutMs: longest wait for one look-up
 */
export function openHotPostgres(options: {
  url: string
  logger: Logger
  connections?: number
  timeoutMs?: number
}): HotPostgres {
  const { url, logger, connections = 4, timeoutMs = 2_000 } = options
  const pool = new pg.Pool({
    connectionString: url,
    max: connections,
    connectionTimeoutMillis: timeoutMs,
    query_timeout: timeoutMs,
    application_name: 'unmogrowp-hot',
  })
  // Idle connections that the server ends would otherwise end the process.
  pool.on('error', (error) => logger.warn({ err: error }, 'an idle Postgres connection ended'))

  const listeners: ((change: HotChange) => void)[] = []
  const tell = (change: HotChange) => {
    for (const listener of listeners) listener(change)
  }
  let closed = false
  let listening: pg.Client | undefined
  let timer: NodeJS.Timeout | undefined

  const listen = async (attempt: number): Promise<void> => {
    if (closed) return
    const client = new pg.Client({
      connectionString: url,
      connectionTimeoutMillis: timeoutMs,
      keepAlive: true,
      application_name: 'unmogrowp-hot-listen',
    })
    let ended = false
    const again = (error?: unknown) => {
      if (ended) return
      ended = true
      listening = undefined
      client.end().catch(() => undefined)
      if (closed) return
      if (error && attempt === 0) logger.warn({ err: error }, 'Postgres is away; cached keys and links keep working')
      timer = setTimeout(() => void listen(attempt + 1), Math.min(LONGEST_PAUSE_MS, 100 * 2 ** Math.min(attempt, 6)))
      timer.unref()
    }
    client.on('error', again)
    client.on('end', () => again())
    client.on('notification', ({ payload }) => tell(parseChange(payload ?? '')))
    try {
      await client.connect()
      await client.query(`listen ${CHANNEL}`)
      if (ended) return
      if (closed) {
        await client.end()
        return
      }
      listening = client
      if (attempt > 0) logger.info('Postgres is back')
      attempt = 0
      tell({ kind: 'everything', id: '' })
    } catch (error) {
      again(error)
    }
  }
  void listen(0)

  return {
    async query<Row>(sql: string, values: readonly unknown[]): Promise<Row[]> {
      const { rows } = await pool.query(sql, [...values])
      return rows as Row[]
    },
    onChange: (listener) => void listeners.push(listener),
    async ping() {
      await pool.query('select 1')
    },
    async close() {
      closed = true
      clearTimeout(timer)
      await Promise.all([pool.end(), listening?.end().catch(() => undefined)])
    },
  }
}
