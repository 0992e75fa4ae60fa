import { createServer, request } from 'node:http'

/** An HTTP proxy that lets the first inserts of events and touchpoints through, and then cuts the line instead of answering. */
export async function answerLosingProxy(
  target: string,
  losses: number,
): Promise<{ url: string; lost(): number; close(): Promise<void> }> {
  let lost = 0
  const server = createServer((incoming, outgoing) => {
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method, headers: incoming.headers },
      (answer) => {
        const insert = /insert\+into\+(events|touchpoints)|insert%20into%20(events|touchpoints)/.test(
          incoming.url ?? '',
        )
        if (insert && lost < losses && answer.statusCode === 200) {
          answer.resume()
          answer.on('end', () => {
            lost += 1
            outgoing.destroy()
          })
          return
        }
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.destroy())
    incoming.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    lost: () => lost,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}
