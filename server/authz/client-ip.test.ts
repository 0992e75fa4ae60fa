import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { setEnv } from '#server/platform/env.ts'
import { appendPeerToForwardedFor } from '#server/platform/peer-address.ts'
import { clientIp } from './client-ip.ts'

const ipOf = (forwarded?: string) => clientIp(new Headers(forwarded ? { 'x-forwarded-for': forwarded } : {}))
afterEach(() => {
  setEnv({ TRUSTED_PROXIES: undefined })
})

test('without trusted proxies only the nearest hop counts, whatever a client wrote before it', () => {
  expect(ipOf('203.0.113.1')).toBe('203.0.113.1')
  expect(ipOf('1.1.1.1, 203.0.113.1')).toBe('203.0.113.1')
  expect(ipOf('::ffff:203.0.113.1')).toBe('203.0.113.1')
  expect(ipOf()).toBe('unknown')
  expect(ipOf('nonsense')).toBe('unknown')
})

test('trusted proxies are passed over, in both families and as ranges', () => {
  setEnv({ TRUSTED_PROXIES: '10.0.0.0/8, 2001:db8::/32, 192.0.2.7' })
  expect(ipOf('1.1.1.1, 203.0.113.1, 10.1.2.3')).toBe('203.0.113.1')
  expect(ipOf('203.0.113.1, 2001:db8::5, 192.0.2.7')).toBe('203.0.113.1')
  expect(ipOf('203.0.113.1, 192.0.2.8')).toBe('192.0.2.8')
  expect(ipOf('10.0.0.2, 10.0.0.1')).toBe('10.0.0.2')
})

test('a client that sends X-Forwarded-For itself is still counted under its own address', async () => {
  appendPeerToForwardedFor()
  const server = createServer((request, response) => {
    response.end(ipOf(String(request.headers['x-forwarded-for'])))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
  expect(await (await fetch(url)).text()).toBe('127.0.0.1')
  expect(await (await fetch(url, { headers: { 'x-forwarded-for': '1.1.1.1' } })).text()).toBe('127.0.0.1')
  server.close()
})
