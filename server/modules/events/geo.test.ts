import { expect, it } from 'vitest'
import { openGeo } from './geo.ts'

it('tells the country of public addresses, and nothing of private, unknown and malformed ones', async () => {
  const countryOf = await openGeo()
  expect(countryOf('8.8.8.8')).toBe('US')
  expect(countryOf('193.99.144.80')).toBe('DE')
  expect(countryOf('2001:4860:4860::8888')).toBe('US')
  for (const ip of ['10.0.0.1', '127.0.0.1', '::1', '', 'nonsense', '999.1.1.1']) expect(countryOf(ip)).toBe('')
})
