import { connect, type Socket } from 'node:net'

/** What came back on a connection. */
export interface Answer {
  status: number
  body: string
  /** From the request's first byte to the answer's last, in milliseconds. */
  ms: number
}

const HEAD_END = '\r\n\r\n'

/**
 * A keep-alive connection that sends one request at a time. Plain sockets instead of an HTTP client: on a small machine
 * the client would otherwise be what is measured.
 */
export class Connection {
  private readonly socket: Socket
  private received = ''
  private waiting: { resolve(answer: Answer): void; reject(error: Error): void; started: number } | undefined

  private constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay(true)
    socket.setEncoding('latin1')
    socket.on('data', (text: string) => this.take(text))
    const lost = (error?: Error) => this.waiting?.reject(error ?? new Error('The connection was closed.'))
    socket.on('error', lost)
    socket.on('close', () => lost())
  }

  /** @throws the system's error when nothing listens there */
  static open(port: number, host = '127.0.0.1'): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(port, host)
      socket.once('error', reject)
      socket.once('connect', () => {
        socket.off('error', reject)
        resolve(new Connection(socket))
      })
    })
  }

  /**
   * Sends a request and waits for its answer.
   * @param head request line and headers, ending with the empty line
   */
  send(head: string, body?: Buffer): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject, started: performance.now() }
      if (!body) {
        this.socket.write(head, 'latin1')
        return
      }
      this.socket.cork()
      this.socket.write(head, 'latin1')
      this.socket.write(body)
      this.socket.uncork()
    })
  }

  close(): void {
    this.waiting = undefined
    this.socket.destroy()
  }

  private take(text: string): void {
    this.received = this.received === '' ? text : this.received + text
    const end = this.received.indexOf(HEAD_END)
    if (end === -1) return
    const head = this.received.slice(0, end)
    const length = Number(/content-length: *(\d+)/i.exec(head)?.[1] ?? 0)
    const bodyAt = end + HEAD_END.length
    if (this.received.length < bodyAt + length) return
    const answer: Answer = {
      status: Number(head.slice(9, 12)),
      body: this.received.slice(bodyAt, bodyAt + length),
      ms: performance.now() - (this.waiting?.started ?? 0),
    }
    this.received = ''
    const waiting = this.waiting
    this.waiting = undefined
    waiting?.resolve(answer)
  }
}

/** Opens some connections to one port of this machine. */
export function openConnections(port: number, count: number): Promise<Connection[]> {
  return Promise.all(Array.from({ length: count }, () => Connection.open(port)))
}
