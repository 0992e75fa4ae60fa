import type { IncomingMessage } from 'node:http'
import { Readable } from 'node:stream'
import { gzipSync } from 'node:zlib'
import { expect, it } from 'vitest'
import { readBody } from './body.ts'

/** A request whose body arrives in pieces of 16 KB. */
function requestOf(body: Buffer, encoding = 'identity'): IncomingMessage {
  const pieces = Array.from({ length: Math.ceil(body.length / 16_384) }, (_, i) =>
    Buffer.from(body.subarray(i * 16_384, (i + 1) * 16_384)),
  )
  return Object.assign(Readable.from(pieces), {
    headers: { 'content-encoding': encoding },
    complete: true,
  }) as unknown as IncomingMessage
}

const LIMIT = { bytes: 64 * 1024, message: 'At most 64 KB here.' }
const bytes = (length: number) => Buffer.from(Array.from({ length }, (_, i) => (i * 7919) % 251))

it('takes a body as large as its route allows, packed and unpacked', async () => {
  const most = bytes(LIMIT.bytes)
  expect((await readBody(requestOf(most), LIMIT)).bytes).toEqual(most)
  expect((await readBody(requestOf(gzipSync(most), 'gzip'), LIMIT)).bytes).toEqual(most)
})

it.each([
  ['unpacked', () => requestOf(bytes(LIMIT.bytes + 1))],
  ['packed, by what it unpacks to', () => requestOf(gzipSync(bytes(LIMIT.bytes + 1)), 'gzip')],
  ['packed, by what arrives', () => requestOf(Buffer.concat([gzipSync('a'), bytes(LIMIT.bytes)]), 'gzip')],
])("refuses a larger one with the route's own message: %s", async (_what, request) => {
  await expect(readBody(request(), LIMIT)).rejects.toMatchObject({ code: 'too_large', message: LIMIT.message })
})

it('unpacks a small body before the large ones that wait', async () => {
  const bomb = gzipSync(Buffer.alloc(60 * 1024 * 1024, 0x20), { level: 9 })
  let done = 0
  const bombs = Array.from({ length: 40 }, () =>
    readBody(requestOf(bomb, 'gzip')).catch(() => {
      done += 1
    }),
  )
  const small = readBody(requestOf(gzipSync('{"a":1}'), 'gzip'))
  expect((await small).bytes.toString()).toBe('{"a":1}')
  // In the order of arrival all forty would come first.
  expect(done).toBeLessThan(30)
  await Promise.all(bombs)
  expect(done).toBe(40)
})
