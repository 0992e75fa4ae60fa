import NextAuth from 'next-auth'
import { beforeAll, expect, test, vi } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { findSession } from '#server/authz/index.ts'
import { createPerson } from '#server/modules/account/index.ts'
import { setEnv } from '#server/platform/env.ts'
import { authOptions } from './options.ts'

vi.mock('server-only', () => ({}))

// biome-ignore lint/correctness/useHookAtTopLevel: a test fixture, no React hook
const stores = useStores()
const EMAIL = 'member@example.com'
const PASSWORD = 'copper otter 42 sunset'

beforeAll(async () => {
  setEnv({ WEB_URL: 'http://localhost:3000' })
  await createPerson(EMAIL, undefined, PASSWORD)
})

/** A browser that keeps cookies, talking to next-auth through its Node interface (the one that needs no running Next). */
class Browser {
  cookies = new Map<string, string>()
  setCookies: string[] = []

  async request(method: 'GET' | 'POST', path: string, body: Record<string, string> = {}) {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join('; ')
    const request = new Request(`http://localhost:3000/api/auth/${path}`, { headers: { cookie, 'user-agent': 'test' } })
    const answer: { status: number; body: unknown } = { status: 200, body: undefined }
    const headers = new Map<string, unknown>()
    const response = {
      status(code: number) {
        answer.status = code
        return response
      },
      getHeader: (name: string) => headers.get(name.toLowerCase()),
      setHeader(name: string, value: unknown) {
        headers.set(name.toLowerCase(), value)
        return response
      },
      json(value: unknown) {
        answer.body = value
      },
      send(value: unknown) {
        answer.body = value
      },
      end: () => undefined,
    }
    const decoded = Object.fromEntries([...this.cookies].map(([name, value]) => [name, decodeURIComponent(value)]))
    const query = { nextauth: path.split('/') }
    const call = { method, query, body, cookies: decoded, headers: { host: 'localhost:3000' } }
    await NextAuth(call as never, response as never, authOptions(request))
    this.setCookies = [headers.get('set-cookie') ?? []].flat() as string[]
    for (const line of this.setCookies) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=')
      if (value) this.cookies.set(name, value)
      else this.cookies.delete(name)
    }
    return answer
  }

  async csrf(): Promise<string> {
    return ((await this.request('GET', 'csrf')).body as { csrfToken: string }).csrfToken
  }

  async signIn(password = PASSWORD) {
    return this.request('POST', 'callback/password', {
      email: EMAIL,
      password,
      csrfToken: await this.csrf(),
      json: 'true',
      callbackUrl: '/',
    })
  }
}

test('signing in sets an HttpOnly, SameSite=Lax cookie whose token opens the session', async () => {
  const browser = new Browser()
  expect((await browser.signIn()).status).toBe(200)
  const line = browser.setCookies.find((value) => value.startsWith('unmogrowp.session='))
  expect(line).toMatch(/Path=\/;.*HttpOnly; SameSite=Lax/)
  expect(await findSession(browser.cookies.get('unmogrowp.session'))).toMatchObject({ email: EMAIL })
})

test('over https the cookie is Secure and carries the __Host- prefix', async () => {
  setEnv({ WEB_URL: 'https://console.example.com' })
  const browser = new Browser()
  await browser.signIn()
  const line = browser.setCookies.find((value) => value.startsWith('__Host-unmogrowp.session='))
  expect(line).toMatch(/; Secure/)
  setEnv({ WEB_URL: 'http://localhost:3000' })
})

test('a session planted before the sign-in is not the one after it, and a former one ends', async () => {
  const browser = new Browser()
  const planted = 'a'.repeat(40)
  browser.cookies.set('unmogrowp.session', planted)
  await browser.signIn()
  const first = browser.cookies.get('unmogrowp.session')
  expect(first).not.toBe(planted)
  expect(await findSession(planted)).toBeNull()
  await browser.signIn()
  expect(browser.cookies.get('unmogrowp.session')).not.toBe(first)
  expect(await findSession(first)).toBeNull()
})

test('asking for the session again keeps the token and makes no second row', async () => {
  const browser = new Browser()
  await browser.signIn()
  const token = browser.cookies.get('unmogrowp.session')
  const rows = await stores.admin.session.count()
  const { body } = await browser.request('GET', 'session')
  expect(body).toMatchObject({ user: { email: EMAIL } })
  expect(JSON.stringify(body)).not.toContain(token)
  expect(browser.cookies.get('unmogrowp.session')).toBe(token)
  expect(await stores.admin.session.count()).toBe(rows)
})

test('a sign-in or sign-out without the CSRF token changes nothing', async () => {
  const browser = new Browser()
  const rows = await stores.admin.session.count()
  const refused = await browser.request('POST', 'callback/password', { email: EMAIL, password: PASSWORD, json: 'true' })
  expect(JSON.stringify(refused.body)).toContain('csrf=true')
  expect(await stores.admin.session.count()).toBe(rows)
  await browser.signIn()
  await browser.request('POST', 'signout', { json: 'true', csrfToken: 'wrong' })
  expect(await findSession(browser.cookies.get('unmogrowp.session'))).not.toBeNull()
})

test('signing out ends the session on the server, not only in the browser', async () => {
  const browser = new Browser()
  await browser.signIn()
  const token = browser.cookies.get('unmogrowp.session')
  await browser.request('POST', 'signout', { json: 'true', csrfToken: await browser.csrf() })
  expect(browser.cookies.has('unmogrowp.session')).toBe(false)
  expect(await findSession(token)).toBeNull()
})

test('a wrong password and an unknown address are answered with the same body', async () => {
  const wrong = await new Browser().signIn('wrong')
  const browser = new Browser()
  const csrfToken = await browser.csrf()
  const fields = { email: 'nobody@example.com', password: 'wrong', csrfToken, json: 'true', callbackUrl: '/' }
  const unknown = await browser.request('POST', 'callback/password', fields)
  expect(unknown).toEqual(wrong)
  expect(browser.cookies.has('unmogrowp.session')).toBe(false)
})

test('a callback address of another site becomes our own', async () => {
  const browser = new Browser()
  const csrfToken = await browser.csrf()
  const fields = { email: EMAIL, password: PASSWORD, csrfToken, json: 'true', callbackUrl: 'https://evil.example/' }
  const { body } = await browser.request('POST', 'callback/password', fields)
  expect((body as { url: string }).url).toBe('http://localhost:3000')
})
