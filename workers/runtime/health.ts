import { createServer, type Server, type ServerResponse } from 'node:http'
import type { Registry } from 'prom-client'
import type { ReadinessCheck } from './types.ts'

/** How long one readiness check may take, in milliseconds. */
const CHECK_TIMEOUT = 3_000

/** The result of all readiness checks; `checks` maps a name to `ok` or to what is wrong. */
export interface Readiness {
  ready: boolean
  checks: Record<string, string>
}

/** Runs every check side by side, each within 3 s. */
export async function readiness(checks: ReadonlyMap<string, ReadinessCheck>): Promise<Readiness> {
  const entries = await Promise.all([...checks].map(async ([name, check]) => [name, await outcome(check)] as const))
  return { ready: entries.every(([, text]) => text === 'ok'), checks: Object.fromEntries(entries) }
}

async function outcome(check: ReadinessCheck): Promise<string> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, CHECK_TIMEOUT, `no answer within ${CHECK_TIMEOUT} ms`)
  })
  const run = (async () => {
    try {
      await check()
      return 'ok'
    } catch (error) {
      return error instanceof Error ? error.message : String(error)
    }
  })()
  const text = await Promise.race([run, late])
  clearTimeout(timer)
  return text
}

/** The small HTTP server of a worker process. */
export interface HealthServer {
  port: number
  close(): Promise<void>
}

/**
 * Serves `/healthz` (200 while the process is up), `/readyz` (200, or 503 with what is missing) and `/metrics`.
 * @param options port 0 takes a free one; `stopping` makes `/readyz` answer 503 during shutdown
 * @throws Error when the port is taken
 */
export async function startHealthServer(options: {
  host: string
  port: number
  registry: Registry
  checks: ReadonlyMap<string, ReadinessCheck>
  stopping: () => boolean
}): Promise<HealthServer> {
  const { registry, checks, stopping } = options
  const server = createServer((request, response) => {
    const path = (request.url ?? '/').split('?', 1)[0]
    const answer = async () => {
      if (path === '/healthz') return json(response, 200, { status: 'ok' })
      if (path === '/readyz') {
        if (stopping()) return json(response, 503, { ready: false, checks: { process: 'stopping' } })
        const state = await readiness(checks)
        return json(response, state.ready ? 200 : 503, state)
      }
      if (path === '/metrics') {
        const text = await registry.metrics()
        response.writeHead(200, { 'content-type': registry.contentType }).end(text)
        return
      }
      json(response, 404, { error: { code: 'not_found', message: 'Only /healthz, /readyz and /metrics are here.' } })
    }
    answer().catch(() => response.destroy())
  })
  await listen(server, options.port, options.host)
  const address = server.address()
  return {
    port: typeof address === 'object' && address !== null ? address.port : options.port,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
  response.end(JSON.stringify(body))
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      resolve()
    })
  })
}
