import { once } from 'node:events'
import { createServer, type RequestListener, type Server } from 'node:http'
import { afterEach, expect, it } from 'vitest'
import { sendLines } from './send.ts'

let server: Server | undefined
afterEach(() => server?.close())

async function collector(listener: RequestListener): Promise<string> {
  server = createServer(listener).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}/v1/events`
}

/** Answers one after the other; the last one stays. */
function answering(...answers: [status: number, body: string, headers?: Record<string, string>][]) {
  const asked = { times: 0 }
  const listener: RequestListener = (request, response) => {
    request.resume()
    const [status, body, headers = {}] = answers[Math.min(asked.times, answers.length - 1)] ?? [500, '']
    asked.times += 1
    response.writeHead(status, headers).end(body)
  }
  return { asked, listener }
}

const OK = JSON.stringify({ accepted: 2, rejected: [], non_idempotent: 1 })
const busy = (code = 'rate_limited') => JSON.stringify({ error: { code, message: 'Wait.', request_id: 'r' } })

it('returns what was taken, what a retry would count twice, and the name of the request', async () => {
  const { listener } = answering([202, OK, { 'x-request-id': 'batch-0001' }])
  expect(await sendLines(await collector(listener), ['{}', '{}'], {})).toEqual({
    accepted: 2,
    rejected: [],
    non_idempotent: 1,
    requestId: 'batch-0001',
  })
})

it('asks a busy collector again, whether it names seconds, a date or nonsense', async () => {
  const { asked, listener } = answering(
    [429, busy(), { 'retry-after': '0' }],
    [503, busy('unavailable'), { 'retry-after': new Date(0).toUTCString() }],
    [429, busy(), { 'retry-after': 'soon' }],
    [202, OK],
  )
  expect(await sendLines(await collector(listener), ['{}'], {})).toMatchObject({ accepted: 2 })
  expect(asked.times).toBe(4)
})

it("asks again after a proxy's page", async () => {
  const { listener } = answering([502, '<html>Bad gateway</html>'], [202, OK])
  expect(await sendLines(await collector(listener), ['{}'], {})).toMatchObject({ accepted: 2 })
})

it.each([
  [502, '<html>Bad gateway</html>', 'unavailable', /answered 502: <html>Bad gateway/],
  [202, '<html>Welcome</html>', 'unavailable', /answered 202/],
  [401, busy('unauthorized'), 'unavailable', /answered 401: Wait/],
  [429, busy('quota_exceeded'), 'quota_exceeded', /Wait/],
])('ends with an error that says what was answered: %i %s', async (status, body, code, message) => {
  const { listener } = answering([status, body])
  const sent = sendLines(await collector(listener), ['{}'], {}, { patienceMs: 0 })
  await expect(sent).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
})

it('waits for a collector that is away where it was given patience, and not where a person waits', async () => {
  const { listener } = answering([202, OK])
  const url = await collector(listener)
  const { port } = new URL(url)
  await new Promise((closed) => server?.close(closed))
  await expect(sendLines(url, ['{}'], {})).rejects.toMatchObject({ code: 'unavailable' })
  const patient = sendLines(url, ['{}'], {}, { patienceMs: 60_000 })
  server = createServer(listener).listen(Number(port), '127.0.0.1')
  expect(await patient).toMatchObject({ accepted: 2 })
})

it('ends at its signal', async () => {
  const { listener } = answering([503, busy('unavailable'), { 'retry-after': '20' }])
  const url = await collector(listener)
  const ended = new AbortController()
  const sent = sendLines(url, ['{}'], {}, { patienceMs: 60_000, signal: ended.signal })
  setTimeout(() => ended.abort(new Error('cancelled')), 50)
  await expect(sent).rejects.toThrow()
})
