import { expect, it } from 'vitest'
import { createLimiter } from './limits.ts'

const limiterOf = (perSecond: number) =>
  createLimiter({ eventsPerKey: perSecond, requestsPerIp: perSecond, wrongKeysPerIp: perSecond }, () => undefined)

it.each(['requestsPerIp', 'wrongKeysPerIp'] as const)(
  '%s counts the addresses of one IPv6 network of 64 bits together',
  async (limit) => {
    const limiter = limiterOf(1)
    await limiter.take(limit, '2001:db8:1:2::1')
    await expect(limiter.take(limit, '2001:db8:1:2:ffff::2')).rejects.toMatchObject({ code: 'rate_limited' })
    await expect(limiter.check(limit, '2001:db8:1:2:3::3')).rejects.toMatchObject({ code: 'rate_limited' })
    await limiter.take(limit, '2001:db8:1:3::1')
    await limiter.take(limit, '192.0.2.1')
    await limiter.take(limit, '192.0.2.2')
  },
)
