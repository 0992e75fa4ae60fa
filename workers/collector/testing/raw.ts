import { connect, type Socket } from 'node:net'

/** A bare TCP connection to a collector. */
export interface RawConnection {
  socket: Socket
  /** Everything received so far. */
  received(): string
  /** Resolves with everything received once the other side has closed. */
  closed: Promise<string>
  /** Resolves with everything received once it holds a text. */
  until(text: string): Promise<string>
}

/** Opens a bare connection; nothing of HTTP is done for the test. It stays open for reading after `end()`. */
export async function rawConnection(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), allowHalfOpen: true })
  let text = ''
  const listeners = new Set<() => void>()
  socket.setEncoding('latin1')
  socket.on('data', (chunk: string) => {
    text += chunk
    for (const listener of listeners) listener()
  })
  // A reset is one way of closing.
  socket.on('error', () => undefined)
  const closed = new Promise<string>((resolve) => {
    const done = () => {
      socket.destroy()
      resolve(text)
    }
    socket.once('end', done)
    socket.once('close', done)
  })
  await new Promise((resolve) => socket.once('connect', resolve))
  return {
    socket,
    received: () => text,
    closed,
    until: (wanted) =>
      new Promise((resolve) => {
        const look = () => {
          if (!text.includes(wanted)) return
          listeners.delete(look)
          resolve(text)
        }
        listeners.add(look)
        look()
      }),
  }
}

/** The head of a POST of events. */
export function head(key: string, headers: Record<string, string | number>): string {
  const lines = Object.entries({ host: 'collector', 'content-type': 'application/x-ndjson', ...headers })
  return `POST /v1/events?key=${key} HTTP/1.1\r\n${lines.map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`
}
