import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { EventLogWriter } from '#server/eventlog/index.ts'
import { createAppLookup } from '#server/modules/apps/hot.ts'
import { createDoorLookup } from '#server/modules/doors/hot.ts'
import type { CountryOf } from '#server/modules/events/hot.ts'
import { createKeyLookup } from '#server/modules/keys/hot.ts'
import { createLinkLookup } from '#server/modules/links/hot.ts'
import { createQuotaLookup, NO_QUOTA } from '#server/modules/usage/hot.ts'
import { parseTrustedProxies, plainAddress } from '#server/platform/client-ip.ts'
import { type Clock, systemClock } from '#server/platform/clock.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId } from '#server/platform/ids.ts'
import type { Logger } from '#server/platform/logger.ts'
import type { HotPostgres } from '#server/stores/postgres/hot.ts'
import { discardRest } from './body.ts'
import { clientIpReader } from './client-ip.ts'
import { listen, openServer, type Patience } from './connections.ts'
import { append, type Collector, type RequestInfo } from './context.ts'
import { collectorReadiness } from './health.ts'
import { createLimiter, DEFAULT_LIMITS, type RateLimits } from './limits.ts'
import { createCollectorMetrics } from './metrics.ts'
import { countRefused } from './refused.ts'
import { sendError, sendErrorPage, sendJson } from './respond.ts'
import { type Route, routeOf } from './routes.ts'
import { openSharedLimits } from './shared-buckets.ts'
import { TouchLog } from './touch-log.ts'

/** What a collector is made of. It does not own the log and the database: whoever opened them closes them. */
export interface CollectorOptions {
  host: string
  /** 0 takes a free port. */
  port: number
  log: EventLogWriter
  db: HotPostgres
  countryOf: CountryOf
  logger: Logger
  registry: Registry
  /** COLLECTOR_URL: the address that clients reach the collector at. */
  publicUrl: string
  /** TRUSTED_PROXIES: comma-separated addresses or ranges. */
  trustedProxies?: string
  limits?: Partial<RateLimits>
  /** Over the defaults. */
  patience?: Partial<Patience>
  /** REDIS_URL: collectors that name the same Redis share their limits. */
  redisUrl?: string | undefined
  /** QUOTAS: whether the plans' monthly events are enforced. */
  quotas?: 'off' | 'plan'
  clock?: Clock
}

export interface RunningCollector {
  port: number
  /** Stops accepting, lets requests under way finish for a while, then closes their connections. */
  stop(): Promise<void>
}

/** How long requests under way may take at a stop, in milliseconds. */
const STOP_GRACE_MS = 8_000
const USED_KEYS_INTERVAL_MS = 30_000

/**
 * Starts the collector's HTTP server.
 * @throws Error when the port is taken or `trustedProxies` cannot be read
 */
export async function startCollector(options: CollectorOptions): Promise<RunningCollector> {
  const { db, logger, registry, log, countryOf, clock = systemClock } = options
  const isTrusted = parseTrustedProxies(options.trustedProxies ?? '')
  const clientIp = clientIpReader(isTrusted)
  const metrics = createCollectorMetrics(registry)
  const lookedUp = (what: string) => (result: string) => metrics.lookups.inc({ what, result })
  const shared = options.redisUrl ? openSharedLimits(options.redisUrl, logger) : undefined
  const limits = { ...DEFAULT_LIMITS, ...options.limits }
  const collector: Collector = {
    log,
    touches: new TouchLog((frames) => append(collector, frames)),
    countryOf,
    logger,
    clock,
    metrics,
    keys: createKeyLookup(db, lookedUp('key')),
    apps: createAppLookup(db, lookedUp('app')),
    links: createLinkLookup(db, lookedUp('link')),
    doors: createDoorLookup(db, lookedUp('door')),
    publicUrl: options.publicUrl,
    limiter: createLimiter(limits, (limit) => metrics.rateLimited.inc({ limit }), shared),
    quota: options.quotas === 'plan' ? createQuotaLookup(db, { clock, onLookup: lookedUp('quota') }) : NO_QUOTA,
    refused: countRefused(db, logger, () => clock.now()),
    appendFailedAt: null,
  }
  let stopping = false

  const serve = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const started = performance.now()
    const ip = clientIp(request)
    const requestId = requestIdOf(request, ip, isTrusted)
    const url = request.url ?? '/'
    const mark = url.indexOf('?')
    const path = mark === -1 ? url : url.slice(0, mark)
    const info: RequestInfo = { requestId, ip, path, query: new URLSearchParams(mark === -1 ? '' : url.slice(mark)) }
    const route = routeOf(path)
    // A header that is set beforehand makes the runtime build the head the slow way.
    if (!route?.namesRequest) response.setHeader('x-request-id', requestId)
    if (stopping) response.shouldKeepAlive = false
    response.on('close', () => {
      const labels = { route: route?.name ?? 'other', status: String(response.statusCode) }
      metrics.requestSeconds.observe(labels, (performance.now() - started) / 1000)
    })
    try {
      if (!route) await serveOperations(request, response, info)
      else await serveRoute(route, request, response, info)
    } catch (error) {
      await fail(error, route, request, response, info)
    }
  }

  const serveRoute = async (
    route: Route,
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
  ): Promise<void> => {
    if (route.openToBrowsers) allowBrowsers(request, response)
    if (route.openToBrowsers && request.method === 'OPTIONS') {
      response.writeHead(204, {
        'access-control-allow-methods': [...route.methods, 'OPTIONS'].join(', '),
        'access-control-allow-headers': 'authorization, content-type, content-encoding, x-app-id, x-retry-count',
        'access-control-max-age': '86400',
      })
      response.end()
      return
    }
    if (!route.methods.includes(request.method ?? '')) {
      refuseMethod(response, info, [...route.methods, ...(route.openToBrowsers ? ['OPTIONS'] : [])])
      return
    }
    await collector.limiter.take('requestsPerIp', info.ip)
    await route.handle(request, response, info, collector)
  }

  const serveOperations = async (
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
  ): Promise<void> => {
    const known = info.path === '/healthz' || info.path === '/readyz' || info.path === '/metrics'
    if (!known) {
      throw new AppError('not_found', 'There is nothing at this address. Events go to POST /v1/events.')
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') return refuseMethod(response, info, ['GET', 'HEAD'])
    if (info.path === '/healthz') return sendJson(response, 200, { status: 'ok' })
    if (info.path === '/metrics') {
      const text = await registry.metrics()
      response.writeHead(200, { 'content-type': registry.contentType, 'cache-control': 'no-store' }).end(text)
      return
    }
    if (stopping) return sendJson(response, 503, { ready: false, checks: { process: 'stopping' } })
    const readiness = await collectorReadiness(db, collector)
    sendJson(response, readiness.ready ? 200 : 503, readiness)
  }

  const fail = async (
    error: unknown,
    route: Route | null,
    request: IncomingMessage,
    response: ServerResponse,
    info: RequestInfo,
  ): Promise<void> => {
    const { requestId, path } = info
    if (!(error instanceof AppError)) logger.error({ err: error, requestId, path }, 'a request failed')
    else if (error.status >= 500) logger.warn({ err: error, requestId, path }, 'a request could not be served')
    else logger.debug({ code: error.code, field: error.field, requestId, path }, error.message)
    if (route?.namesRequest && !response.headersSent) response.setHeader('x-request-id', requestId)
    await discardRest(request)
    if (response.headersSent || response.destroyed) {
      response.destroy()
      return
    }
    if (!request.complete && !request.readableEnded) response.setHeader('connection', 'close')
    const wantsPage = route?.forPeople && (request.headers.accept ?? '').includes('text/html')
    if (wantsPage) sendErrorPage(response, error, requestId)
    else if (route?.sendError) route.sendError(response, error, requestId)
    else sendError(response, error, requestId)
  }

  const server = openServer((request, response) => void serve(request, response), options.patience)
  const port = await listen(server, options.port, options.host)
  const flushUsed = () =>
    collector.keys.flushUsed().catch((error: unknown) => logger.debug({ err: error }, 'noting used keys must wait'))
  const timer = setInterval(flushUsed, USED_KEYS_INTERVAL_MS)
  timer.unref()
  logger.info({ port }, 'collector listens')

  return {
    port,
    async stop() {
      stopping = true
      clearInterval(timer)
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      // A connection whose last request was answered meanwhile would stay open for its keep-alive time.
      const idle = setInterval(() => server.closeIdleConnections(), 50)
      const force = setTimeout(() => server.closeAllConnections(), STOP_GRACE_MS)
      await closed
      clearInterval(idle)
      clearTimeout(force)
      await Promise.all([flushUsed(), collector.refused.stop()])
      shared?.close()
    },
  }
}

/** A proxy's own request id is kept, so that its log and ours can be read together; a stranger's is not. */
function requestIdOf(request: IncomingMessage, ip: string, isTrusted: (address: string) => boolean): string {
  const given = request.headers['x-request-id']
  const peer = request.socket.remoteAddress ?? ''
  const behindProxy = peer !== ip && isTrusted(plainAddress(peer))
  return behindProxy && typeof given === 'string' && /^[\w.-]{8,100}$/.test(given) ? given : newId('request')
}

/**
 * Lets scripts of any page send and read the answer. Beacons always come "with credentials", for which browsers refuse
 * `*`; the collector sets and reads no cookies, so naming the page's own origin gives nothing away.
 */
function allowBrowsers(request: IncomingMessage, response: ServerResponse): void {
  const { origin } = request.headers
  response.setHeader('access-control-allow-origin', origin ?? '*')
  response.setHeader('vary', 'origin')
  if (origin !== undefined) response.setHeader('access-control-allow-credentials', 'true')
  response.setHeader('access-control-expose-headers', 'x-request-id, retry-after, ratelimit, ratelimit-policy')
}

function refuseMethod(response: ServerResponse, { requestId }: RequestInfo, allowed: readonly string[]): void {
  const message = `This address takes ${allowed.join(', ')}.`
  const body = { error: { code: 'bad_request', message, request_id: requestId } }
  sendJson(response, 405, body, { allow: allowed.join(', ') })
}
