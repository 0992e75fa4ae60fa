import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { BODY_FOLDER_HEADER } from '#server/stores/clickhouse/handover.ts'
import { isLoopback, refuseAccess } from './access.ts'
import { type DataDir, openDataDir } from './data-dir.ts'
import { EngineError, frontError } from './errors.ts'
import type { ClickHouseLogger } from './logger.ts'
import { SessionPool } from './pool.ts'
import { answerQuery } from './query.ts'
import { type QueryRequest, readRequest } from './request.ts'
import { QueryResponse } from './response.ts'
import { threadPoolSize } from './runtime-env.ts'

/** What an embedded ClickHouse is started with. */
export interface EmbeddedClickHouseOptions {
  /** Its data directory; made when absent. One process holds it at a time. */
  dataDir: string
  /** TCP port; 0 takes a free one. */
  port: number
  /** A loopback address or name, 127.0.0.1 unless given. */
  host?: string
  /** Password that every query must bring; none unless given. */
  password?: string
  /** Statements that run at the same time, 12 unless given. */
  maxRunning?: number
  /** Statements that may wait for a place, 256 unless given; one more is answered 503 with code 202. */
  maxWaiting?: number
  /** Memory that queries and caches share, in bytes; half the machine's, 1 to 8 GiB, unless given. */
  memoryLimitBytes?: number
  /** How long `close` waits for running statements before it kills them, in milliseconds; 10,000 unless given. */
  graceMs?: number
  logger: ClickHouseLogger
}

/** A running embedded ClickHouse. */
export interface EmbeddedClickHouse {
  /** What `createClient({ url })` takes. */
  url: string
  port: number
  /** Refuses new queries, lets running ones end within the grace period, closes the engine. */
  close(): Promise<void>
}

/** Statements at the same time, unless an option says otherwise. */
export const defaultMaxRunning = 12
/** Threads of libuv's pool beyond one per statement: files, compression, kills. */
export const spareThreads = 6

/**
 * Opens the engine in this process and answers ClickHouse's HTTP interface on loopback.
 * @throws DataDirError when the data directory is held by somebody else or does not open
 * @throws Error when the host is not loopback or the port is taken
 */
export async function startEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<EmbeddedClickHouse> {
  const { host = '127.0.0.1', maxRunning = defaultMaxRunning, maxWaiting = 256, graceMs = 10_000, logger } = options
  if (!isLoopback(host)) {
    throw new Error(`The embedded ClickHouse answers on loopback only, not on ${host}. Use 127.0.0.1 or localhost.`)
  }
  const threads = threadPoolSize()
  const running = Math.max(1, Math.min(maxRunning, threads - 2))
  if (running < maxRunning) {
    logger.warn(
      { threads, running, maxRunning },
      `only ${running} queries can run at a time: start the process with UV_THREADPOOL_SIZE=${maxRunning + spareThreads}`,
    )
  }
  const dataDir = openDataDir(options.dataDir, options.memoryLimitBytes)
  const pool = new SessionPool(dataDir.enginePath, dataDir.root, { maxRunning: running, maxWaiting }, logger)
  const server = createServer({ keepAliveTimeout: 30_000, requestTimeout: 0 }, (request, response) => {
    void answer(request, response)
  })

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = URL.parse(request.url ?? '/', `http://${request.headers.host ?? 'localhost'}`)
    if (url === null) return plain(response, 400, 'Bad request.\n')
    if (url.pathname === '/ping') return plain(response, 200, 'Ok.\n')
    if (url.pathname === '/healthz') return health(response)
    if (url.pathname !== '/') return plain(response, 404, `There is no ${url.pathname}; send queries to /.\n`)
    if (request.method !== 'GET' && request.method !== 'POST') return plain(response, 405, 'Use GET or POST.\n')
    if (request.method === 'GET' && !url.searchParams.has('query')) return plain(response, 200, 'Ok.\n')
    const denied = refuseAccess(request, url, options.password)
    let asked: QueryRequest
    try {
      if (denied !== undefined) throw denied
      asked = readRequest(request, url)
      response.setHeader(BODY_FOLDER_HEADER, encodeURI(dataDir.handover.path))
    } catch (error) {
      request.resume()
      const known = error instanceof EngineError ? error : frontError('BAD_ARGUMENTS', 'The request is malformed.')
      return new QueryResponse(response, unread, '').fail(known)
    }
    await answerQuery({ pool, spoolPath: dataDir.spoolPath, handover: dataDir.handover }, request, response, asked)
  }

  async function health(response: ServerResponse): Promise<void> {
    const alive = await Promise.race([
      dataDir.root.queryAsync('SELECT 1').then(
        () => true,
        () => false,
      ),
      new Promise<false>((resolve) => setTimeout(() => resolve(false), 2000).unref()),
    ])
    plain(response, alive ? 200 : 503, `${JSON.stringify({ status: alive ? 'ok' : 'engine silent', ...pool.load })}\n`)
  }

  try {
    await pool.warm(2)
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(options.port, host, () => resolve())
    })
  } catch (error) {
    await stop(pool, dataDir, 0)
    throw error
  }
  const { port } = server.address() as AddressInfo
  const url = `http://${host.includes(':') ? `[${host.replace(/^\[|\]$/g, '')}]` : host}:${port}`
  logger.info({ url, dataDir: options.dataDir }, 'embedded ClickHouse answers')
  let closing: Promise<void> | undefined
  return {
    url,
    port,
    close() {
      closing ??= (async () => {
        const closed = new Promise<void>((resolve) => server.close(() => resolve()))
        server.closeIdleConnections()
        await stop(pool, dataDir, graceMs)
        server.closeAllConnections()
        await closed
        logger.info({ url }, 'embedded ClickHouse stopped')
      })()
      return closing
    },
  }
}

async function stop(pool: SessionPool, dataDir: DataDir, graceMs: number): Promise<void> {
  await pool.close(graceMs)
  dataDir.close()
}

/** Stands for a request that was refused before it was read. */
const unread: QueryRequest = {
  query: '',
  params: new Map(),
  settings: new Map(),
  database: undefined,
  defaultFormat: '',
  queryId: '',
  logComment: '',
  bodyFile: undefined,
  waitEndOfQuery: false,
  encoding: undefined,
}

function plain(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'Content-Type': 'text/plain; charset=UTF-8' })
  response.end(text)
}
