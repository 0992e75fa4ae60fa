import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

/** How a gate treats requests: lets them through, drops the connection, waits first, or does the work and loses the answer. */
export type GateMode = 'open' | 'refuse' | 'slow' | 'lose answers'

/** An HTTP proxy in front of ClickHouse whose behaviour can be changed while it runs. */
export interface Gate {
  url: string
  mode: GateMode
  close(): Promise<void>
}

const SLOW_MS = 700

/** Opens a gate on a free port of loopback. */
export async function openGate(target: string): Promise<Gate> {
  const server = createServer((incoming, outgoing) => void pass(incoming, outgoing))
  const pass = async (incoming: IncomingMessage, outgoing: ServerResponse) => {
    if (gate.mode === 'refuse') {
      incoming.socket.destroy()
      return
    }
    if (gate.mode === 'slow') await sleep(SLOW_MS)
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        if (gate.mode === 'lose answers') {
          answer.resume()
          answer.on('end', () => outgoing.destroy())
          return
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
        answer.on('error', () => outgoing.destroy())
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.on('error', () => onward.destroy())
    incoming.pipe(onward)
  }
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const gate: Gate = {
    url: withPort(target, port),
    mode: 'open',
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return gate
}

/** The same address, user and password included, on another port of loopback. */
function withPort(target: string, port: number): string {
  const url = new URL(target)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return url.href.replace(/\/$/, '')
}
