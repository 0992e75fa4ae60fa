import { afterEach, expect, test, vi } from 'vitest'
import { createPost } from './transport.ts'

afterEach(() => vi.unstubAllGlobals())

const post = createPost({ key: 'ik_1', endpoint: 'https://collect.example/', keyIn: 'query' })

async function outcome(status: number, body: unknown, headers: Record<string, string> = {}) {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  vi.stubGlobal('fetch', async () => new Response(text, { status, headers }))
  return post(['{}'])
}
const error = { error: { code: 'bad_request', message: 'The body is not readable JSON.', request_id: 'req_1' } }
const refusal = { index: 0, code: 'missing', message: 'm', field: 'f' }

test('only the collector’s own answer counts as delivered', async () => {
  expect(await outcome(202, { accepted: 1, rejected: [] })).toEqual({ done: [] })
  expect(await outcome(422, { accepted: 0, rejected: [refusal] })).toEqual({ done: [refusal] })
  // A hotel's sign-in page, and a proxy's own.
  expect(await outcome(200, '<html>Welcome</html>')).toEqual({ later: 0 })
  expect(await outcome(202, '<html>')).toEqual({ later: 0 })
})

test('a body that is too large or unreadable is split, in whoever’s words it was refused', async () => {
  expect(await outcome(413, '<html>nginx</html>')).toMatchObject({ split: { code: 'too_large' } })
  expect(await outcome(413, error)).toEqual({ split: { code: 'bad_request', message: error.error.message } })
  expect(await outcome(400, error)).toEqual({ split: { code: 'bad_request', message: error.error.message } })
  expect(await outcome(400, '<html>')).toEqual({ later: 0 })
})

test.each([401, 403, 404, 408, 429, 500, 502, 503])('%s keeps the events for later', async (status) => {
  expect(await outcome(status, error)).toEqual({ later: 0 })
  expect(await outcome(status, error, { 'retry-after': '7' })).toEqual({ later: 7000 })
})

test('a network that fails keeps the events for later', async () => {
  vi.stubGlobal('fetch', () => Promise.reject(new TypeError('Failed to fetch')))
  expect(await post(['{}'])).toEqual({ later: 0 })
})

test('a collector that never answers is given up on after 30 seconds', async () => {
  vi.useFakeTimers()
  vi.stubGlobal(
    'fetch',
    (_url: string, { signal }: RequestInit) =>
      new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason))),
  )
  const result = post(['{}'])
  await vi.advanceTimersByTimeAsync(30_000)
  expect(await result).toEqual({ later: 0 })
  vi.useRealTimers()
})

test('a browser is asked nothing beforehand: the key is in the address and small bodies are plain text', async () => {
  const calls: [string, RequestInit][] = []
  vi.stubGlobal('fetch', async (...call: [string, RequestInit]) => {
    calls.push(call)
    return Response.json({ rejected: [] }, { status: 202 })
  })
  await post(['{"a":1}', '{"b":2}'])
  expect(calls[0]?.[0]).toBe('https://collect.example/v1/events?key=ik_1')
  expect(calls[0]?.[1]).toMatchObject({ body: '[{"a":1},{"b":2}]', headers: { 'content-type': 'text/plain' } })
  expect(calls[0]?.[1].headers).not.toHaveProperty('authorization')
})
