import { globSync, readFileSync } from 'node:fs'
import { beforeAll, describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { DAY, makeTenant, type Tenant } from './tenants.ts'

const stores = useStores()
type Handler = (request: Request, route: { params: Promise<Record<string, string>> }) => Promise<Response>
interface Route {
  method: 'GET' | 'POST'
  /** Asks for this tenant's rows. */
  ask(of: Tenant): { path: string; params?: Record<string, string>; body?: unknown }
  scope: 'reports:read' | 'exports:read' | 'decisions:read'
}

const RANGE = { from: DAY, to: '2026-10-11' }
const exportOf = (kind: string): Route => ({
  method: 'GET',
  scope: 'exports:read',
  ask: (of) => ({
    path: `/api/v1/exports/${kind}?app=${of.appId}&from=${RANGE.from}&to=${RANGE.to}&format=ndjson`,
    params: { kind },
  }),
})

/** Every REST route with tenant data; a route file that is neither here nor below fails the matrix. */
const ROUTES: Record<string, Route[]> = {
  'app/api/v1/reports/query/route.ts': [
    {
      method: 'POST',
      scope: 'reports:read',
      ask: (of) => ({
        path: '/api/v1/reports/query',
        body: { app: of.appId, ...RANGE, metrics: ['installs', 'clicks', 'events'], dimensions: ['media_source'] },
      }),
    },
    {
      method: 'POST',
      scope: 'reports:read',
      ask: (of) => ({
        path: '/api/v1/reports/query',
        body: { app: of.app, ...RANGE, metrics: ['revenue', 'cost'], dimensions: ['campaign'] },
      }),
    },
  ],
  'app/api/v1/multi-touch/query/route.ts': [
    {
      method: 'POST',
      scope: 'reports:read',
      ask: (of) => ({ path: '/api/v1/multi-touch/query', body: { app: of.appId, ...RANGE } }),
    },
  ],
  'app/api/v1/exports/[kind]/route.ts': ['installs', 'events', 'touchpoints', 'decisions', 'rejected'].map(exportOf),
  'app/api/v1/apps/[app]/installs/[device_id]/decision/route.ts': [
    {
      method: 'GET',
      scope: 'decisions:read',
      ask: (of) => ({
        path: `/api/v1/apps/${of.appId}/installs/${of.deviceId}/decision?history=true`,
        params: { app: of.appId, device_id: of.deviceId },
      }),
    },
  ],
}
/** Describes the interface itself; the same for everybody. */
const OPEN = ['app/api/v1/openapi.json/route.ts']

/** Routes that take no key: the test that tries them as another tenant's people, and what it calls them by. */
const ELSEWHERE: Record<string, { test: string; by: string }> = {
  'app/api/imports/[id]/bytes/route.ts': { test: 'app/api/imports/routes.int.test.ts', by: './[id]/bytes/route.ts' },
  'app/api/imports/[id]/refused/route.ts': {
    test: 'app/api/imports/routes.int.test.ts',
    by: './[id]/refused/route.ts',
  },
  'app/api/trpc/[trpc]/route.ts': { test: 'e2e/tenancy/matrix.int.test.ts', by: 'appRouter' },
  'app/api/auth/[...nextauth]/route.ts': { test: 'app/api/auth/[...nextauth]/options.int.test.ts', by: './options.ts' },
}
/** Answers every address that no other route has; knows no tenant. */
const UNKNOWN = 'app/api/[[...rest]]/route.ts'

let alpha: Tenant
let beta: Tenant

beforeAll(async () => {
  alpha = await makeTenant('alphaorg', stores.admin, stores.clickhouse)
  beta = await makeTenant('betaorg', stores.admin, stores.clickhouse)
})

async function call(
  file: string,
  route: Route,
  of: Tenant,
  key: string | null,
): Promise<{ status: number; text: string }> {
  const { path, params = {}, body } = route.ask(of)
  const module = (await import(`../../${file}`)) as Record<string, Handler | undefined>
  const handler = module[route.method]
  if (!handler) throw new Error(`${file} has no ${route.method}`)
  const request = new Request(`http://localhost${path}`, {
    method: route.method,
    headers: { ...(key ? { authorization: `Bearer ${key}` } : {}), 'content-type': 'application/json' },
    ...(body ? { body: JSON.stringify(body) } : {}),
  })
  const response = await handler(request, { params: Promise.resolve(params) })
  return { status: response.status, text: await response.text() }
}

it('has a row, or a test elsewhere, for every route file under /api', () => {
  const known = [...Object.keys(ROUTES), ...OPEN, ...Object.keys(ELSEWHERE), UNKNOWN]
  expect(globSync('app/api/**/route.{ts,tsx,js}').sort()).toEqual(known.sort())
})

it.each(Object.entries(ELSEWHERE))('%s is tried by the test that is named for it', (_route, { test, by }) => {
  expect(readFileSync(test, 'utf8')).toContain(by)
})

const CASES = Object.entries(ROUTES).flatMap(([file, routes]) =>
  routes.map((route) => ({
    file,
    route,
    name: route.ask({ app: ':app', appId: ':app', deviceId: ':device' } as unknown as Tenant).path,
  })),
)

describe.each(CASES)('$route.method $name', ({ file, route }) => {
  it('answers 401 without a key, with a wrong one and with a revoked one', async () => {
    const { keyId, secretKey } = await createSecretKey(
      alpha.orgId,
      { name: 'revoked', scopes: [route.scope] },
      stores.admin,
    )
    await stores.admin.secretKey.update({ where: { id: keyId }, data: { revokedAt: new Date() } })
    for (const key of [null, 'sk_wrong', alpha.ingestKey, secretKey])
      expect((await call(file, route, alpha, key)).status).toBe(401)
  })

  it('answers 403 to a key without its scope', async () => {
    const { secretKey } = await createSecretKey(
      alpha.orgId,
      { name: 'other scope', scopes: ['links:read'] },
      stores.admin,
    )
    expect((await call(file, route, alpha, secretKey)).status).toBe(403)
  })

  it("answers another tenant's key as if the app did not exist", async () => {
    const answer = await call(file, route, alpha, beta.secretKey)
    // By slug both tenants may have an app of that name: then it is the key's own.
    if (answer.status !== 200) expect(answer.status).toBe(404)
    expect(answer.text).not.toContain(`${alpha.marker}_`)
    expect(answer.text).not.toContain(`${alpha.marker}-`)
  })

  it("answers its own tenant's key with its own rows only", async () => {
    const answer = await call(file, route, beta, beta.secretKey)
    expect(answer.status, answer.text).toBe(200)
    expect(answer.text).toContain(beta.marker)
    expect(answer.text).not.toContain(alpha.marker)
  })
})
