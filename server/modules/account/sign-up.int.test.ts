import { describe, expect, test } from 'vitest'
import { codeIn, tokenIn, useInbox } from '#e2e/fixtures/inbox.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { cleanUpAccounts, confirmSignUp, createPerson, startSignUp } from './index.ts'
import { signUpInput } from './schema.ts'

const stores = useStores()
const inbox = useInbox()
const PASSWORD = 'copper otter 42 sunset'
let lastIp = 0
const ip = () => `192.0.2.${++lastIp}`
const invalid = (field: string) => expect.objectContaining({ code: 'invalid', field })

describe('starting', () => {
  test('a known and an unknown address get the same answer, the same steps, and different mails', async () => {
    await createPerson('member@example.com')
    const [known, unknown] = await Promise.all(
      ['member@example.com', 'newcomer@example.com'].map((email) => startSignUp({ email, password: PASSWORD }, ip())),
    )
    expect(known).toEqual(unknown)
    expect((await inbox.of('newcomer@example.com'))[0]?.subject).toMatch(/^\d{6} is your/)
    const [mail] = await inbox.of('member@example.com')
    expect(mail?.subject).toBe('You already have an UnMoGrowP account')
    expect(mail?.links.some((link) => link.includes('token='))).toBe(false)
    const rows = await stores.admin.signUpRequest.groupBy({ by: ['email'], _count: true, orderBy: { email: 'asc' } })
    expect(rows.map(({ email, _count }) => [email, _count])).toEqual([
      ['member@example.com', 1],
      ['newcomer@example.com', 1],
    ])
  })

  test('the time taken does not tell a known address from an unknown one', async () => {
    await createPerson('slow@example.com')
    const took = async (email: string) => {
      const start = performance.now()
      await startSignUp({ email, password: PASSWORD }, ip())
      return performance.now() - start
    }
    await took('warm@example.com')
    const times = { known: [] as number[], unknown: [] as number[] }
    for (let round = 0; round < 4; round++) {
      times.known.push(await took('slow@example.com'))
      times.unknown.push(await took(`someone${round}@example.com`))
    }
    const fastest = (list: number[]) => Math.min(...list)
    // Both hash a password (tens of milliseconds); leaving that out for one of them would make it several times faster.
    expect(fastest(times.known) / fastest(times.unknown)).toBeGreaterThan(0.5)
    expect(fastest(times.known) / fastest(times.unknown)).toBeLessThan(2)
  })

  test.each([
    ['password1234', 'commonly used'],
    ['qwertyuiop1234', 'commonly used'],
    ['aaaaaaaaaaaaaa', 'Repeated'],
    ['weak.person@example.com', 'your address'],
    ['unmogrowp1', 'our name'],
  ])('the password %s is refused with a reason', async (password, reason) => {
    await expect(startSignUp({ email: 'weak.person@example.com', password }, ip())).rejects.toEqual(
      expect.objectContaining({ code: 'invalid', field: 'password', message: expect.stringContaining(reason) }),
    )
    expect(await inbox.of('weak.person@example.com')).toEqual([])
  })

  test('passwords shorter than 10 or longer than 128 characters, and what is no address, are refused by field', () => {
    const fieldOf = (input: unknown) => signUpInput.safeParse(input).error?.issues[0]?.path
    expect(fieldOf({ email: 'a@example.com', password: 'short 1!x' })).toEqual(['password'])
    expect(fieldOf({ email: 'a@example.com', password: 'x'.repeat(129) })).toEqual(['password'])
    expect(fieldOf({ email: 'not an address', password: PASSWORD })).toEqual(['email'])
    expect(fieldOf({ email: `a@example.com\r\nBcc: b@example.com`, password: PASSWORD })).toEqual(['email'])
  })

  test('one account per address, however it was typed', () => {
    expect(signUpInput.parse({ email: '  ＭIXED.Case@Example.COM ', password: PASSWORD }).email).toBe(
      'mixed.case@example.com',
    )
  })

  test('the sixth sign-up of an address within the hour is refused with the time to wait', async () => {
    for (let n = 0; n < 5; n++) await startSignUp({ email: 'often@example.com', password: PASSWORD }, ip())
    await expect(startSignUp({ email: 'often@example.com', password: PASSWORD }, ip())).rejects.toEqual(
      expect.objectContaining({ code: 'rate_limited', retryAfter: expect.any(Number) }),
    )
  })
})

const BROWSER = 'b'.repeat(40)

describe('confirming', () => {
  const begin = async (email: string) => {
    await startSignUp({ email, password: PASSWORD, browser: BROWSER }, ip())
    const [mail] = await inbox.of(email)
    return { token: tokenIn(mail), code: codeIn(mail) }
  }

  test('the mailed link makes the account, once', async () => {
    const { token, code } = await begin('link@example.com')
    const user = await confirmSignUp({ token, browser: BROWSER }, ip())
    expect(user.email).toBe('link@example.com')
    const stored = await stores.admin.user.findUniqueOrThrow({ where: { id: user.userId } })
    expect(stored.emailVerifiedAt).not.toBeNull()
    expect(stored.passwordHash).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
    await expect(confirmSignUp({ token, browser: BROWSER }, ip())).rejects.toEqual(invalid('token'))
    await expect(confirmSignUp({ email: 'link@example.com', code, browser: BROWSER }, ip())).rejects.toEqual(
      invalid('code'),
    )
  })

  test('the mailed link in another browser makes no account without the password, so nobody gets an account with a password of somebody else', async () => {
    const { token } = await begin('victim@example.com')
    await expect(confirmSignUp({ token }, ip())).rejects.toEqual(invalid('password'))
    await expect(confirmSignUp({ token, browser: 'c'.repeat(40) }, ip())).rejects.toEqual(invalid('password'))
    await expect(confirmSignUp({ token, password: 'not what was chosen' }, ip())).rejects.toEqual(invalid('password'))
    expect(await stores.admin.user.count({ where: { email: 'victim@example.com' } })).toBe(0)
    expect((await confirmSignUp({ token, password: PASSWORD }, ip())).email).toBe('victim@example.com')
  })

  test('a code of a sign-up that somebody else began with the same address works in no other browser', async () => {
    await startSignUp({ email: 'mine@example.com', password: PASSWORD, browser: BROWSER }, ip())
    await startSignUp(
      { email: 'mine@example.com', password: 'a stranger chose this 42', browser: 's'.repeat(40) },
      ip(),
    )
    const [newest] = await inbox.of('mine@example.com')
    const code = codeIn(newest)
    await expect(confirmSignUp({ email: 'mine@example.com', code, browser: BROWSER }, ip())).rejects.toEqual(
      invalid('code'),
    )
    await expect(confirmSignUp({ email: 'mine@example.com', code }, ip())).rejects.toEqual(invalid('code'))
  })

  test('two presses at the same moment make one account', async () => {
    const { token } = await begin('twice@example.com')
    const results = await Promise.allSettled([
      confirmSignUp({ token, browser: BROWSER }, ip()),
      confirmSignUp({ token, browser: BROWSER }, ip()),
    ])
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect(await stores.admin.user.count({ where: { email: 'twice@example.com' } })).toBe(1)
  })

  test('the code works with its address only, and dies after five wrong tries', async () => {
    const { code } = await begin('code@example.com')
    const wrong = code === '000000' ? '111111' : '000000'
    await expect(confirmSignUp({ email: 'other@example.com', code, browser: BROWSER }, ip())).rejects.toEqual(
      invalid('code'),
    )
    for (let n = 0; n < 5; n++)
      await expect(confirmSignUp({ email: 'code@example.com', code: wrong, browser: BROWSER }, ip())).rejects.toEqual(
        invalid('code'),
      )
    await expect(confirmSignUp({ email: 'code@example.com', code, browser: BROWSER }, ip())).rejects.toEqual(
      invalid('code'),
    )
    const second = await begin('code@example.com')
    expect((await confirmSignUp({ email: 'code@example.com', code: second.code, browser: BROWSER }, ip())).email).toBe(
      'code@example.com',
    )
  })

  test('parallel guesses cannot share a try', async () => {
    const { code } = await begin('parallel@example.com')
    const wrong = code === '000000' ? '111111' : '000000'
    await Promise.allSettled(
      Array.from({ length: 8 }, () =>
        confirmSignUp({ email: 'parallel@example.com', code: wrong, browser: BROWSER }, ip()),
      ),
    )
    await expect(confirmSignUp({ email: 'parallel@example.com', code, browser: BROWSER }, ip())).rejects.toThrow()
    expect(await stores.admin.user.count({ where: { email: 'parallel@example.com' } })).toBe(0)
  })

  test('a link older than an hour is refused, and cleaning up removes it a day later', async () => {
    const { token } = await begin('late@example.com')
    const where = { email: 'late@example.com' }
    await stores.admin.signUpRequest.updateMany({ where, data: { expiresAt: new Date(Date.now() - 1000) } })
    await expect(confirmSignUp({ token, browser: BROWSER }, ip())).rejects.toEqual(invalid('token'))
    await stores.admin.signUpRequest.updateMany({ where, data: { expiresAt: new Date(Date.now() - 25 * 3_600_000) } })
    await cleanUpAccounts()
    expect(await stores.admin.signUpRequest.count({ where })).toBe(0)
  })

  test('the row behind a known address confirms nothing, even to who guesses its code', async () => {
    await createPerson('taken@example.com', undefined, PASSWORD)
    await startSignUp({ email: 'taken@example.com', password: 'another copper otter 7' }, ip())
    const row = await stores.admin.signUpRequest.findFirstOrThrow({ where: { email: 'taken@example.com' } })
    const { sha256 } = await import('#server/authz/index.ts')
    await stores.admin.signUpRequest.update({ where: { id: row.id }, data: { codeHash: sha256(`${row.id}:123456`) } })
    await expect(confirmSignUp({ email: 'taken@example.com', code: '123456', browser: BROWSER }, ip())).rejects.toEqual(
      invalid('code'),
    )
  })
})
