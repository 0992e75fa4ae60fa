import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import type { DemoApp } from './demo-file.ts'
import { startTraffic } from './traffic.ts'

it('sends again what a collector was killed in the middle of answering', async () => {
  const bodies: string[] = []
  const collector = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += String(chunk)
    })
    request.on('end', () => {
      bodies.push(body)
      response.writeHead(202, { 'content-length': '20' })
      if (bodies.length > 1) response.end('{"accepted":1}      ')
      else response.write('{"acc', () => response.destroy())
    })
  })
  await new Promise<void>((resolve) => collector.listen(0, '127.0.0.1', resolve))
  const app: DemoApp = {
    org: 'demo',
    slug: 'game',
    name: 'Game',
    appId: 'app_1',
    platform: 'ios',
    ingestKey: 'key',
    secretKey: 'secret',
    links: {},
  }
  const url = `http://127.0.0.1:${(collector.address() as AddressInfo).port}`
  const said: string[] = []
  const traffic = startTraffic(
    { web: url, collector: url, inbox: url, signIns: [], apps: [app], seededAt: Date.now() },
    { collector: url, onProgress: (text) => said.push(text), save: () => undefined },
  )
  try {
    await expect.poll(() => bodies.length, { timeout: 20_000 }).toBeGreaterThan(2)
    expect(bodies[1]).toBe(bodies[0])
    expect(said).toEqual([])
  } finally {
    await traffic.stop()
    collector.closeAllConnections()
    collector.close()
  }
}, 30_000)
