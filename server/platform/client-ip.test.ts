import { describe, expect, it } from 'vitest'
import { lastUntrusted, parseTrustedProxies } from './client-ip.ts'
import { parseEnv } from './env.ts'

describe('TRUSTED_PROXIES', () => {
  const bad = ['10.0.0.0/33', 'proxy.example', '10.0.0.0/x', '10.0.0.0/', '10.0.0.0/8/8', '10.0.0.0/-1', '::1/129']

  it.each(bad)('with %s stops the start, by name', (entry) => {
    expect(() => parseTrustedProxies(`10.0.0.1,${entry}`)).toThrow(entry)
    expect(() => parseEnv({ TRUSTED_PROXIES: `10.0.0.1,${entry}` })).toThrow(
      `TRUSTED_PROXIES: "${entry}" is neither an address nor a range such as 10.0.0.0/8`,
    )
  })

  it('keeps its text in the environment, and may be empty', () => {
    expect(parseEnv({ TRUSTED_PROXIES: '10.0.0.0/8, ::1,' }).TRUSTED_PROXIES).toBe('10.0.0.0/8, ::1,')
    expect(parseEnv({}).TRUSTED_PROXIES).toBe('')
    expect(parseTrustedProxies('')('127.0.0.1')).toBe(false)
  })

  it('trusts whole ranges of both families and nothing beside them', () => {
    const isTrusted = parseTrustedProxies('10.0.0.0/8, 2001:db8::/32, 192.0.2.7')
    const trusted = ['10.255.0.1', '2001:db8::5', '192.0.2.7', '11.0.0.1', '2001:db9::5', '192.0.2.8', 'x'].map(
      isTrusted,
    )
    expect(trusted).toEqual([true, true, true, false, false, false, false])
  })
})

it('the last address that is no proxy is the client, with ports and brackets cut off', () => {
  const isTrusted = parseTrustedProxies('10.0.0.0/8')
  expect(lastUntrusted('1.1.1.1, 203.0.113.1:80, 10.0.0.1', isTrusted, '')).toBe('203.0.113.1')
  expect(lastUntrusted('[2001:4860::1]:443', isTrusted, '')).toBe('2001:4860::1')
  expect(lastUntrusted('10.0.0.2, ::ffff:10.0.0.1', isTrusted, '')).toBe('10.0.0.2')
  expect(lastUntrusted('1.1.1.1, unknown', isTrusted, 'peer')).toBe('peer')
})
