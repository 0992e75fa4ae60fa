import { beforeAll, describe, expect, test } from 'vitest'
import { tokenIn, useInbox } from '#e2e/fixtures/inbox.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { createSession, endSession, findSession, sessionFromRequest } from '#server/authz/index.ts'
import { setEnv } from '#server/platform/env.ts'
import type { UserId } from '#server/platform/ids.ts'
import { checkPassword, createPerson, requestPasswordReset, resetPassword } from './index.ts'

const stores = useStores()
const inbox = useInbox()
const EMAIL = 'member@example.com'
const PASSWORD = 'copper otter 42 sunset'
const FROM = { ip: '192.0.2.1', userAgent: 'test' }
let lastIp = 0
const ip = () => `198.51.100.${++lastIp}`
let userId: UserId

beforeAll(async () => {
  userId = (await createPerson(EMAIL, undefined, PASSWORD)).userId
})

describe('password', () => {
  test('the right one opens, a wrong one and an unknown address are refused alike', async () => {
    expect(await checkPassword({ email: EMAIL, password: PASSWORD }, ip())).toEqual({ userId, email: EMAIL })
    expect(await checkPassword({ email: EMAIL, password: 'wrong' }, ip())).toBeNull()
    expect(await checkPassword({ email: 'nobody@example.com', password: PASSWORD }, ip())).toBeNull()
  })

  test('refusing an unknown address takes as long as refusing a known one', async () => {
    const took = async (email: string) => {
      const start = performance.now()
      await checkPassword({ email, password: 'wrong' }, ip())
      return performance.now() - start
    }
    await took('warm@example.com')
    const fastest = async (email: string) => Math.min(await took(email), await took(email), await took(email))
    const ratio = (await fastest('unknown@example.com')) / (await fastest(EMAIL))
    expect(ratio).toBeGreaterThan(0.5)
    expect(ratio).toBeLessThan(2)
  })

  test('ten wrong tries lock an address for a while, for everybody; a success in between forgives', async () => {
    await createPerson('locked@example.com', undefined, PASSWORD)
    const tryOnce = (password: string) => checkPassword({ email: 'locked@example.com', password }, ip())
    for (let n = 0; n < 9; n++) await tryOnce('wrong')
    expect(await tryOnce(PASSWORD)).not.toBeNull()
    for (let n = 0; n < 10; n++) await tryOnce('wrong')
    await expect(tryOnce(PASSWORD)).rejects.toEqual(expect.objectContaining({ code: 'rate_limited' }))
  })

  test('one network address cannot try many accounts without end', async () => {
    const tries = Array.from({ length: 101 }, (_, n) => n)
    const results = await Promise.allSettled(
      tries.map((n) => checkPassword({ email: `victim${n}@example.com`, password: 'wrong' }, '203.0.113.9')),
    )
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(1)
  })
})

describe('sessions', () => {
  test('a token opens its own session until it ends, and the database holds no token', async () => {
    const { token, sessionId } = await createSession(userId, FROM)
    expect(await findSession(token)).toEqual({ userId, sessionId, email: EMAIL, name: null })
    const row = await stores.admin.session.findUniqueOrThrow({ where: { id: sessionId } })
    expect(JSON.stringify(row)).not.toContain(token)
    await endSession(token)
    expect(await findSession(token)).toBeNull()
  })

  test('an expired session opens nothing', async () => {
    const { token, sessionId } = await createSession(userId, FROM)
    await stores.admin.session.update({ where: { id: sessionId }, data: { expiresAt: new Date(Date.now() - 1) } })
    expect(await findSession(token)).toBeNull()
  })

  test('only the right cookie of a request counts, under https the one that sibling domains cannot plant', async () => {
    const { token } = await createSession(userId, FROM)
    const ask = (cookie: string) => sessionFromRequest(new Request('http://localhost/', { headers: { cookie } }))
    expect(await ask(`theme=dark; unmogrowp.session=${token}`)).not.toBeNull()
    expect(await ask(`xunmogrowp.session=${token}`)).toBeNull()
    setEnv({ WEB_URL: 'https://console.example.com' })
    expect(await ask(`unmogrowp.session=${token}`)).toBeNull()
    expect(await ask(`__Host-unmogrowp.session=${token}`)).not.toBeNull()
    setEnv({ WEB_URL: 'http://localhost:3000' })
  })
})

describe('reset', () => {
  test('a new password by the mailed link ends every session and works once', async () => {
    await createPerson('forgetful@example.com', undefined, PASSWORD)
    const person = await checkPassword({ email: 'forgetful@example.com', password: PASSWORD }, ip())
    const session = await createSession(person?.userId as UserId, FROM)
    await requestPasswordReset('forgetful@example.com', ip())
    const token = tokenIn((await inbox.of('forgetful@example.com'))[0])
    const fresh = 'willow 77 granite lamp'
    await expect(resetPassword({ token, password: 'password1234' }, ip())).rejects.toEqual(
      expect.objectContaining({ field: 'password' }),
    )
    await resetPassword({ token, password: fresh }, ip())
    expect(await findSession(session.token)).toBeNull()
    expect(await checkPassword({ email: 'forgetful@example.com', password: PASSWORD }, ip())).toBeNull()
    expect(await checkPassword({ email: 'forgetful@example.com', password: fresh }, ip())).not.toBeNull()
    await expect(resetPassword({ token, password: 'another willow 78 lamp' }, ip())).rejects.toEqual(
      expect.objectContaining({ code: 'invalid', field: 'token' }),
    )
    expect((await inbox.of('forgetful@example.com'))[0]?.subject).toBe('Your UnMoGrowP password was changed')
  })

  test('an unknown address gets the same answer and a mail without a link to a password', async () => {
    await expect(requestPasswordReset('stranger@example.com', ip())).resolves.toBeUndefined()
    const [mail] = await inbox.of('stranger@example.com')
    expect(mail?.links.some((link) => link.includes('token='))).toBe(false)
  })

  test('a link older than an hour is refused', async () => {
    await requestPasswordReset(EMAIL, ip())
    const token = tokenIn((await inbox.of(EMAIL))[0])
    await stores.admin.passwordReset.updateMany({ data: { expiresAt: new Date(Date.now() - 1000) } })
    await expect(resetPassword({ token, password: 'willow 77 granite lamp' }, ip())).rejects.toEqual(
      expect.objectContaining({ code: 'invalid', field: 'token' }),
    )
  })

  test('without a mail server the request says so instead of pretending', async () => {
    const before = process.env.SMTP_URL
    setEnv({ SMTP_URL: 'smtp://127.0.0.1:1' })
    await expect(requestPasswordReset('late@example.com', ip())).rejects.toEqual(
      expect.objectContaining({ code: 'unavailable' }),
    )
    setEnv({ SMTP_URL: before })
  })
})
