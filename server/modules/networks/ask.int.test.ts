import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import { ask } from './ask.ts'

const servers: Server[] = []
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

/** A server on this machine. @returns its port and how often it was spoken to */
async function serve(handle: RequestListener): Promise<{ port: number; hits: () => number }> {
  let hits = 0
  const server = createServer((request, response) => {
    hits += 1
    handle(request, response)
  })
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  return { port: typeof address === 'object' && address ? address.port : 0, hits: () => hits }
}

describe('a private address', () => {
  it.each(['127.0.0.1', 'localhost', '2130706433', '[::ffff:127.0.0.1]', '0.0.0.0'])(
    'spelled %s is not spoken to without the leave of the operator',
    async (host) => {
      const { port, hits } = await serve((_, response) => response.end('{}'))
      const reply = await ask(`http://${host}:${port}/`, '{}', {}, { privateAllowed: false })
      expect(reply).toMatchObject({ kind: 'refused', error: expect.stringContaining('private') })
      expect(hits()).toBe(0)
    },
  )

  it('is spoken to with it', async () => {
    const { port } = await serve((_, response) => response.end('{"claimed":false}'))
    const reply = await ask(`http://127.0.0.1:${port}/`, '{}', {}, { privateAllowed: true })
    expect(reply).toEqual({ kind: 'answered', body: '{"claimed":false}' })
  })
})

it.each(['claims.example.com', '93.184.216.34', '[2606:2800:220:1::1]'])(
  'a public address, as %s, is not asked unencrypted, whatever the operator allows',
  async (host) => {
    for (const privateAllowed of [true, false])
      expect(await ask(`http://${host}/`, '{}', {}, { privateAllowed })).toMatchObject({
        kind: 'refused',
        error: expect.stringContaining('https://'),
      })
  },
)

describe('an answer', () => {
  const leave = { privateAllowed: true, answerMs: 300 }

  it('may be 64 KB and no byte more', async () => {
    const { port } = await serve((request, response) => response.end(Buffer.alloc(Number(request.url?.slice(1)), ' ')))
    const of = (bytes: number) => ask(`http://127.0.0.1:${port}/${bytes}`, '{}', {}, leave)
    expect((await of(64 * 1024)).kind).toBe('answered')
    expect(await of(64 * 1024 + 1)).toMatchObject({ kind: 'refused', error: expect.stringContaining('64 KB') })
  })

  it('that was cut off is asked for again', async () => {
    const { port } = await serve((_, response) => {
      response.writeHead(200, { 'content-length': '100' })
      response.write('{"claimed":')
      setTimeout(() => response.destroy(), 20)
    })
    expect((await ask(`http://127.0.0.1:${port}/`, '{}', {}, leave)).kind).toBe('again')
  })

  it('that redirects leads nowhere', async () => {
    const other = await serve((_, response) => response.end('{}'))
    const { port } = await serve((_, response) =>
      response.writeHead(307, { location: `http://127.0.0.1:${other.port}/` }).end(),
    )
    expect((await ask(`http://127.0.0.1:${port}/`, '{}', {}, leave)).kind).toBe('refused')
    expect(other.hits()).toBe(0)
  })

  it.each([
    ['120', 120_000],
    ['999999', 3_600_000],
    ['tomorrow', undefined],
    ['-5', undefined],
  ])('with Retry-After %s is waited for so long', async (retryAfter, retryAfterMs) => {
    const { port } = await serve((_, response) => response.writeHead(429, { 'retry-after': retryAfter }).end())
    const reply = await ask(`http://127.0.0.1:${port}/`, '{}', {}, leave)
    expect(reply).toEqual({ kind: 'again', error: 'The network answered 429.', ...(retryAfterMs && { retryAfterMs }) })
  })
})
