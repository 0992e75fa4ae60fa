import { expect, test } from 'vitest'
import { randomSample, sampleEvents, snippets } from './snippets.ts'

const input = {
  collectorUrl: 'http://localhost:4000',
  platform: 'android',
  appId: 'app_1',
  ingestKey: 'ik_1',
  secretKey: null,
  sample: { deviceId: 'test-1', installId: 'a', purchaseId: 'b' },
} as const

const codeOf = (title: string) => snippets(input).find((snippet) => snippet.title === title)?.code ?? ''

test('what curl sends is JSON a shell passes on unchanged: an install and a purchase of one device', () => {
  const body = /-d '([^']+)'$/.exec(codeOf('curl'))?.[1] ?? ''
  expect(JSON.parse(body)).toEqual(sampleEvents(input))
  expect(sampleEvents(input).map(({ event_name, device_id }) => [event_name, device_id])).toEqual([
    ['install', 'test-1'],
    ['purchase', 'test-1'],
  ])
})

test('the JavaScript snippet is a program that sends the same events', async () => {
  const calls: [string, { body: string; headers: Record<string, string> }][] = []
  const run = new Function('fetch', `return (async () => { ${codeOf('JavaScript')} })()`)
  await run(async (...call: (typeof calls)[number]) => calls.push(call))
  expect(calls[0]?.[0]).toBe('http://localhost:4000/v1/events')
  expect(calls[0]?.[1].headers.Authorization).toBe('Bearer ik_1')
  expect(JSON.parse(calls[0]?.[1].body ?? '')).toEqual(sampleEvents(input))
})

test('server-to-server names the app and leaves the place of a key that nobody made yet', () => {
  expect(codeOf('Server-to-server')).toContain("-H 'X-App-Id: app_1'")
  expect(codeOf('Server-to-server')).toContain('Bearer YOUR_SECRET_KEY')
})

test('without the app’s id no way is offered that needs it', () => {
  expect(snippets({ ...input, appId: null }).map(({ title }) => title)).toEqual(['curl', 'React Native', 'JavaScript'])
})

test('a web app is offered the script that the collector serves, with its key', () => {
  const web = snippets({ ...input, platform: 'web' }).find(({ title }) => title === 'Web page')
  expect(web?.code).toContain('<script src="http://localhost:4000/sdk/v1.js">')
  expect(web?.code).toContain("init({ key: 'ik_1' })")
})

test('every sample is a device and events of its own', () => {
  const [one, other] = [randomSample(), randomSample()]
  expect(new Set([...Object.values(one), ...Object.values(other)]).size).toBe(6)
})
