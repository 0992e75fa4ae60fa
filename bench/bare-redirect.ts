import { createServer } from 'node:http'

// The least that a redirect server in Node can do: it answers every request with the same 302. Run by bench/redirect.ts.
const server = createServer((_request, response) => {
  response.writeHead(302, {
    location:
      'https://example.com/landing?click_id=clk_0000000000000000000000&utm_source=bench_network&utm_campaign=bench',
    'content-length': 0,
    'cache-control': 'no-store',
  })
  response.end()
})
server.listen(0, '127.0.0.1', () => {
  const address = server.address()
  process.send?.({ port: typeof address === 'object' && address ? address.port : 0 })
})
process.on('disconnect', () => process.exit(0))
