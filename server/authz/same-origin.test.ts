import { expect, test } from 'vitest'
import { assertSameOrigin } from './same-origin.ts'

const check =
  (headers: Record<string, string>, method = 'POST') =>
  () =>
    assertSameOrigin(
      new Request('http://localhost:3000/api/trpc/x', { method, headers: { host: 'localhost:3000', ...headers } }),
    )

test.each([
  [{ 'sec-fetch-site': 'same-origin' }],
  [{ 'sec-fetch-site': 'none' }],
  [{ origin: 'http://localhost:3000' }],
  [{}],
])('a request of our own pages, or of no browser, passes: %j', (headers) => {
  expect(check(headers)).not.toThrow()
})

test.each([
  [{ 'sec-fetch-site': 'cross-site' }],
  [{ 'sec-fetch-site': 'same-site', origin: 'http://localhost:3000' }],
  [{ origin: 'https://evil.example' }],
  [{ origin: 'null' }],
])('another site cannot write in our visitor’s name: %j', (headers) => {
  expect(check(headers)).toThrow(expect.objectContaining({ code: 'forbidden' }))
})

test('reading is not refused', () => {
  expect(check({ 'sec-fetch-site': 'cross-site' }, 'GET')).not.toThrow()
})
