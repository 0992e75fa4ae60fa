import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo, Server } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { SMTPServer } from 'smtp-server'
import { listPage, mailHtml, messagePage } from './pages.ts'
import { MessageStore } from './store.ts'

export type { Message } from './store.ts'

const LOOPBACK = '127.0.0.1'
const MOST_BYTES = 10 * 1024 * 1024

/** The running inbox. */
export interface RunningInbox {
  /** For SMTP_URL. */
  smtpUrl: string
  /** Of the page and its API. */
  url: string
  stop(): Promise<void>
}

/**
 * Starts a mail server that keeps what it gets instead of sending it, with a page and a small API to read it:
 * `GET /api/messages?to=…`, `GET /api/messages/{id}`, `DELETE /api/messages`. Loopback only.
 * @param options ports: 0 takes a free one; file: where mails survive a restart
 */
export async function startInbox(options: {
  smtpPort: number
  httpPort: number
  file?: string
}): Promise<RunningInbox> {
  const store = await MessageStore.open(options.file)
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    size: MOST_BYTES,
    logger: false,
    onData(stream, session, done) {
      const { mailFrom, rcptTo } = session.envelope
      buffer(stream)
        .then((raw) => {
          if (stream.sizeExceeded)
            throw Object.assign(new Error('The mail is larger than 10 MB'), { responseCode: 552 })
          return store.add(raw, { from: mailFrom ? mailFrom.address : '', to: rcptTo.map(({ address }) => address) })
        })
        .then(
          () => done(),
          (error: Error) => done(error),
        )
    },
  })
  // A client that vanishes mid-mail must not end the process.
  smtp.on('error', () => undefined)
  const http = createServer((request, response) => {
    answer(store, request, response).catch(() => response.writeHead(500).end())
  })
  await listen(smtp.server, options.smtpPort)
  await listen(http, options.httpPort)
  return {
    smtpUrl: `smtp://${LOOPBACK}:${portOf(smtp.server)}`,
    url: `http://localhost:${portOf(http)}`,
    async stop() {
      http.closeAllConnections()
      await Promise.all([
        new Promise<void>((resolve) => http.close(() => resolve())),
        new Promise<void>((resolve) => smtp.close(() => resolve())),
      ])
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, LOOPBACK, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

const portOf = (server: Server) => (server.address() as AddressInfo).port

async function answer(store: MessageStore, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const host = (request.headers.host ?? '').replace(/:\d+$/, '')
  // Mails hold sign-in links: a page that points its own name at this machine must not read them.
  if (!['localhost', '127.0.0.1', '[::1]'].includes(host))
    return send(response, 403, 'text/plain', 'Use http://localhost.\n')
  const url = new URL(request.url ?? '/', 'http://localhost')
  const [, first, second, third] = url.pathname.split('/')
  const method = request.method ?? 'GET'
  if (first === 'api' && second === 'messages') {
    if (method === 'DELETE' && third === undefined) {
      await store.clear()
      return json(response, 200, { ok: true })
    }
    if (method !== 'GET') return json(response, 405, { error: { code: 'bad_request', message: 'Use GET or DELETE.' } })
    if (third === undefined) return json(response, 200, store.list(url.searchParams.get('to') ?? undefined))
    const found = store.get(third)
    return found
      ? json(response, 200, found)
      : json(response, 404, { error: { code: 'not_found', message: 'There is no such mail.' } })
  }
  if (method !== 'GET') return send(response, 405, 'text/plain', 'Use GET.\n')
  const nonce = randomBytes(16).toString('base64')
  const policy = `default-src 'none'; style-src 'nonce-${nonce}'; script-src 'nonce-${nonce}'; connect-src 'self'; frame-src 'self'; base-uri 'none'`
  if (url.pathname === '/') return send(response, 200, 'text/html', listPage(store.list(), nonce), policy)
  if (url.pathname === '/healthz') return json(response, 200, { status: 'ok' })
  const message = first === 'messages' && second ? store.get(second) : undefined
  if (!message) return send(response, 404, 'text/plain', 'There is no such mail.\n')
  if (third === 'html')
    return send(
      response,
      200,
      'text/html',
      mailHtml(message),
      "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox allow-popups allow-top-navigation-by-user-activation",
    )
  return send(response, 200, 'text/html', messagePage(message, nonce), policy)
}

function send(
  response: ServerResponse,
  status: number,
  type: string,
  body: string,
  policy = "default-src 'none'",
): void {
  response
    .writeHead(status, {
      'content-type': `${type}; charset=utf-8`,
      'content-security-policy': policy,
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
    })
    .end(body)
}

const json = (response: ServerResponse, status: number, value: unknown) =>
  send(response, status, 'application/json', JSON.stringify(value))
