import { createServer, type RequestListener, type Server } from 'node:http'
import type { Duplex } from 'node:stream'
import { newId } from '#server/platform/ids.ts'

/** How long a client may take, in milliseconds. Each bound frees what a slow or silent client holds. */
export interface Patience {
  /** For the request's head. */
  headMs: number
  /** For the whole request. */
  requestMs: number
  /** Without a byte in either direction while a request is under way. */
  idleMs: number
  /** How often the bounds above are looked at. */
  checkMs: number
}

const PATIENCE: Patience = { headMs: 10_000, requestMs: 60_000, idleMs: 30_000, checkMs: 5_000 }
const KEEP_ALIVE_MS = 65_000
const LINGER_MS = 1_000

/** Makes the HTTP server, with bounds on what a connection may hold. Heads are bounded by the runtime: 16 KB. */
export function openServer(serve: RequestListener, patience: Partial<Patience> = {}): Server {
  const { headMs, requestMs, idleMs, checkMs } = { ...PATIENCE, ...patience }
  const server = createServer(
    {
      headersTimeout: headMs,
      requestTimeout: requestMs,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connectionsCheckingInterval: checkMs,
      // Clicks and views have no body to wait for.
      optimizeEmptyRequests: true,
    },
    serve,
  )
  server.timeout = idleMs
  // A client that closes its sending side behind the request still waits for the answer (RFC 9112, 9.6).
  Object.assign(server, { httpAllowHalfOpen: true })
  server.on('clientError', answerBrokenRequest)
  return server
}

/**
 * Starts listening.
 * @returns the port
 * @throws Error when the port is taken
 */
export function listen(server: Server, port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, () => {
      server.off('error', reject)
      const address = server.address()
      resolve(typeof address === 'object' && address !== null ? address.port : port)
    })
  })
}

/** Answers requests that are no HTTP, too long in their head or too slow: they never become a request of a route. */
function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Duplex): void {
  if (error.code === 'ERR_HTTP_REQUEST_TIMEOUT') answerTooSlow(socket)
  else if (error.code === 'HPE_HEADER_OVERFLOW') {
    answer(socket, '431 Request Header Fields Too Large', 'The request head is too long: 16 KB is the most.')
  } else if (error.code === 'ECONNRESET') socket.destroy()
  else answer(socket, '400 Bad Request', 'This is not a readable HTTP request.')
}

/** Answers a request that takes too long to arrive, and ends its connection. */
export function answerTooSlow(socket: Duplex): void {
  answer(socket, '408 Request Timeout', 'The request took too long to arrive. Send it again.')
}

/** Answers on the bare connection and closes it; whatever the client still sends is not read. */
function answer(socket: Duplex, status: string, message: string): void {
  if (!socket.writable) {
    socket.destroy()
    return
  }
  const body = JSON.stringify({ error: { code: 'bad_request', message, request_id: newId('request') } })
  socket.end(
    `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  )
  // Time for the answer to arrive; a client that does not close by itself keeps nothing open.
  setTimeout(() => socket.destroy(), LINGER_MS).unref()
}
