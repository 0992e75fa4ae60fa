import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, it, vi } from 'vitest'
import { migrateClickHouse } from './migrate.ts'

vi.mock('./client.ts', async (original) => {
  const { openClickHouse } = await original<typeof import('./client.ts')>()
  // A thousandth of every timeout, so that two minutes are a blink.
  const quick = (url: string, database: string, application?: string, timeoutMs = 120_000) =>
    openClickHouse(url, database, application, timeoutMs / 1_000)
  return { openClickHouse: quick }
})

const server = createServer()
afterEach(() => server.close())

it('waits for a statement that is silent for much longer than any query may be', async () => {
  let slow = 0
  const answer = (response: ServerResponse) => response.end()
  server.on('request', (request, response) => {
    let sql = ''
    request.on('data', (chunk) => {
      sql += chunk
    })
    request.on('end', () => {
      const isFill = /^insert into touchpoint_keys/.test(sql)
      if (isFill) slow += 1
      setTimeout(answer, isFill ? 1_000 : 0, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  expect(await migrateClickHouse(`http://127.0.0.1:${port}`, 'unmogrowp', undefined)).toContain('0007_attribution.sql')
  expect(slow).toBe(1)
})
