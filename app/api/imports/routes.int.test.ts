import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { createSession, sessionCookie } from '#server/authz/index.ts'
import { refusedFile, uploadedFile } from '#server/modules/imports/index.ts'
import { setEnv } from '#server/platform/env.ts'
import type { UserId } from '#server/platform/ids.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'

vi.mock('server-only', () => ({}))

// biome-ignore lint/correctness/useHookAtTopLevel: a test fixture, no React hook
const stores = useStores()
let scratch: string
let alpha: Tenant
let beta: Tenant
let POST: typeof import('./[id]/bytes/route.ts').POST
let GET: typeof import('./[id]/refused/route.ts').GET

beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-routes-'))
  setEnv({ DATA_DIR: scratch })
  alpha = await makeTenant('alphaorg', stores.admin, stores.clickhouse)
  beta = await makeTenant('betaorg', stores.admin, stores.clickhouse)
  ;({ POST } = await import('./[id]/bytes/route.ts'))
  ;({ GET } = await import('./[id]/refused/route.ts'))
})
afterAll(() => rm(scratch, { recursive: true, force: true }))

async function cookieOf(userId: UserId | null): Promise<Record<string, string>> {
  if (!userId) return {}
  const { token } = await createSession(userId, { ip: '192.0.2.1', userAgent: 'test' })
  return { cookie: `${sessionCookie().name}=${token}` }
}

interface Asked {
  as: UserId | null
  of: Pick<Tenant, 'org' | 'app'>
  id: string
  offset?: number
  body?: string
  headers?: Record<string, string>
}

async function send({ as, of, id, offset = 0, body = 'bytes', headers = {} }: Asked) {
  const url = `http://localhost:3000/api/imports/${id}/bytes?org=${of.org}&app=${of.app}&offset=${offset}`
  const request = new Request(url, { method: 'POST', body, headers: { ...(await cookieOf(as)), ...headers } })
  const response = await POST(request, { params: Promise.resolve({ id }) })
  return { status: response.status, body: await response.json() }
}

async function refused({ as, of, id }: Asked) {
  const url = `http://localhost:3000/api/imports/${id}/refused?org=${of.org}&app=${of.app}`
  const response = await GET(new Request(url, { headers: await cookieOf(as) }), { params: Promise.resolve({ id }) })
  return { status: response.status, text: await response.text(), headers: response.headers }
}

const begin = (of: Tenant, bytes: number) =>
  createCallerFactory(appRouter)(requestOf(of.users.owner)).imports.begin({
    org: of.org,
    app: of.app,
    fileName: 'a.csv',
    bytes,
  })

describe('the bytes of an upload', () => {
  it('are taken piece by piece, a repeated piece over itself, and none past what was announced', async () => {
    const { id } = await begin(beta, 10)
    const asked = { as: beta.users.owner, of: beta, id }
    expect(await send({ ...asked, body: '01234' })).toEqual({ status: 200, body: { received: 5 } })
    expect(await send({ ...asked, offset: 7, body: 'xyz' })).toMatchObject({ status: 409 })
    expect(await send({ ...asked, offset: 3, body: '345' })).toEqual({ status: 200, body: { received: 6 } })
    expect(await send({ ...asked, offset: 6, body: '67890' })).toMatchObject({ status: 413 })
    expect(await send({ ...asked, offset: 6, body: '6789' })).toEqual({ status: 200, body: { received: 10 } })
    expect(await readFile(uploadedFile(scratch, id), 'utf8')).toBe('0123456789')
  })

  it("are not taken from visitors, other tenants, roles that may not write, and other sites' pages", async () => {
    const { id } = await begin(alpha, 5)
    const asked = { of: alpha, id }
    expect(await send({ ...asked, as: null })).toMatchObject({ status: 401, body: { error: { code: 'unauthorized' } } })
    expect(await send({ ...asked, as: beta.users.owner })).toMatchObject({ status: 404 })
    expect(await send({ as: beta.users.owner, of: beta, id })).toMatchObject({ status: 404 })
    expect(await send({ ...asked, as: alpha.users.analyst })).toMatchObject({ status: 403 })
    const elsewhere = { 'sec-fetch-site': 'cross-site' }
    expect(await send({ ...asked, as: alpha.users.owner, headers: elsewhere })).toMatchObject({ status: 403 })
    await expect(readFile(uploadedFile(scratch, id))).rejects.toThrow('ENOENT')
  })

  it('are not taken once the upload is complete', async () => {
    const answer = await send({ as: beta.users.owner, of: beta, id: beta.importId })
    expect(answer).toMatchObject({ status: 409, body: { error: { code: 'conflict', request_id: expect.any(String) } } })
  })
})

describe('the list of refused rows', () => {
  it("is its tenant's alone, and those may read it who may read events", async () => {
    await writeFile(refusedFile(scratch, alpha.importId), 'line,field\n2,alpha\n')
    await stores.admin.import.update({ where: { id: alpha.importId }, data: { refusedBytes: 19 } })
    const asked = { of: alpha, id: alpha.importId }
    const own = await refused({ ...asked, as: alpha.users.analyst })
    expect([own.status, own.text]).toEqual([200, 'line,field\n2,alpha\n'])
    expect(own.headers.get('content-disposition')).toBe('attachment; filename="alphaorg.csv.refused.csv"')
    expect((await refused({ ...asked, as: alpha.users.viewer })).status).toBe(403)
    for (const of of [alpha, beta]) {
      const foreign = await refused({ as: beta.users.owner, of, id: alpha.importId })
      expect([foreign.status, foreign.text.includes('alpha')]).toEqual([404, false])
    }
  })
})
