import { createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { z } from 'zod'

const questionSchema = z.strictObject({
  version: z.literal(1),
  app: z.strictObject({ app_id: z.string(), bundle_id: z.string(), store_id: z.string().nullable() }),
  install: z.strictObject({
    device_id: z.string(),
    install_time: z.iso.datetime(),
    platform: z.enum(['ios', 'android', 'web']),
    ...Object.fromEntries(
      ['advertising_id', 'idfv', 'customer_user_id', 'ip', 'user_agent', 'os_version', 'device_model', 'country'].map(
        (name) => [name, z.string().min(1).optional()],
      ),
    ),
  }),
})
/** A question as the network reads it; one with anything that is not documented is answered 400. */
export type Question = z.output<typeof questionSchema>

/** What the network does about a question. */
export type Behaviour =
  /** Answers this as JSON. */
  | { json: unknown; status?: number; headers?: Record<string, string> }
  /** Answers this text, whatever it is. */
  | { text: string; status?: number }
  /** Sends a beginning of an answer and then a byte now and then, for as long as somebody listens. */
  | { drip: true }
  /** Answers with so many bytes. */
  | { bytes: number }
  /** Breaks the connection. */
  | { hangUp: true }

/** One question as it arrived. */
export interface Asked {
  question: Question
  headers: IncomingMessage['headers']
  /** Unix milliseconds. */
  at: number
  /** Whether a signature fitted. */
  signed: boolean
}

/** A self-attributing network on this machine, spoken to over HTTP. It remembers every question. */
export interface StandIn {
  url: string
  asked: Asked[]
  /** Questions about one install. */
  about(deviceId: string): Asked[]
  /** Most questions it had open at the same time. */
  mostAtOnce(): number
  /** The secrets it checks signatures with; a request that fits none is answered 401. */
  secrets: Set<string>
  /** Decides what to answer; by default nothing is claimed. */
  behave(behaviour: (question: Question) => Behaviour | Promise<Behaviour>): void
  /** Breaks every connection, as a network that is down, or works again. */
  setAway(away: boolean): void
  close(): Promise<void>
}

/** A signature older than this is not believed, so that a question that was listened to cannot be sent again. */
const MOST_AGE_SECONDS = 300

/**
 * Starts a network on a free port. It follows docs/self-attributing-networks.md as a partner would who has only read that:
 * nothing here is shared with the code that asks.
 */
export async function startStandIn(): Promise<StandIn> {
  const asked: Asked[] = []
  const secrets = new Set<string>()
  const sockets = new Set<Socket>()
  let behaviour: (question: Question) => Behaviour | Promise<Behaviour> = () => ({ json: { claimed: false } })
  let away = false
  let open = 0
  let most = 0
  const handle = async (request: IncomingMessage, response: ServerResponse) => {
    const parts: Buffer[] = []
    for await (const part of request) parts.push(part as Buffer)
    const body = Buffer.concat(parts).toString('utf8')
    const signed = [...secrets].some((secret) => isSigned(request, body, secret))
    const read = questionSchema.safeParse(JSON.parse(body))
    if (request.method !== 'POST' || !read.success)
      return reply(response, { json: { error: 'bad request' }, status: 400 })
    asked.push({ question: read.data, headers: request.headers, at: Date.now(), signed })
    if (!signed) return reply(response, { json: { error: 'bad signature' }, status: 401 })
    await reply(response, await behaviour(read.data))
  }
  const server = createServer((request, response) => {
    open += 1
    most = Math.max(most, open)
    response.on('close', () => {
      open -= 1
    })
    handle(request, response).catch(() => response.destroy())
  })
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    if (away) socket.destroy()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/claims`,
    asked,
    about: (deviceId) => asked.filter(({ question }) => question.install.device_id === deviceId),
    mostAtOnce: () => most,
    secrets,
    behave(given) {
      behaviour = given
    },
    setAway(value) {
      away = value
      if (value) cut()
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        cut()
      }),
  }
}

function isSigned(request: IncomingMessage, body: string, secret: string): boolean {
  const timestamp = String(request.headers['x-unmogrowp-timestamp'])
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > MOST_AGE_SECONDS) return false
  const wanted = createHmac('sha256', secret).update(`${timestamp}.${body}`).digest()
  return String(request.headers['x-unmogrowp-signature'])
    .split(',')
    .some((one) => {
      const [version, hex = ''] = one.split('=')
      const got = Buffer.from(hex, 'hex')
      return version === 'v1' && got.length === wanted.length && timingSafeEqual(got, wanted)
    })
}

async function reply(response: ServerResponse, behaviour: Behaviour): Promise<void> {
  if ('hangUp' in behaviour) {
    response.destroy()
  } else if ('drip' in behaviour) {
    response.writeHead(200, { 'content-type': 'application/json' })
    for (response.write('{"claimed":'); !response.destroyed; await sleep(20)) response.write(' ')
  } else if ('bytes' in behaviour) {
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(Buffer.alloc(behaviour.bytes, ' '))
  } else if ('text' in behaviour) {
    response.writeHead(behaviour.status ?? 200, { 'content-type': 'text/html' })
    response.end(behaviour.text)
  } else {
    response.writeHead(behaviour.status ?? 200, { 'content-type': 'application/json', ...behaviour.headers })
    response.end(JSON.stringify(behaviour.json))
  }
}

/** An answer that claims an install, as far as a test cares. */
export function claim(claimId: string, at: number, more: Record<string, unknown> = {}): Behaviour {
  return {
    json: {
      claimed: true,
      claim_id: claimId,
      touchpoint_type: 'click',
      touchpoint_time: new Date(at).toISOString(),
      campaign: 'autumn',
      ...more,
    },
  }
}
