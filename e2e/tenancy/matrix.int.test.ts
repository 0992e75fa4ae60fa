import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { TRPCError } from '@trpc/server'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { can, PERMISSIONS, type Permission, ROLES } from '#server/authz/index.ts'
import { uploadedFile } from '#server/modules/imports/index.ts'
import { setEnv } from '#server/platform/env.ts'
import type { UserId } from '#server/platform/ids.ts'
import { createCallerFactory, type Gate } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { CALLS } from './procedures.ts'
import { makeTenant, requestOf, type Tenant } from './tenants.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)

interface Declared {
  path: string
  gate: Gate | undefined
  /** Input needs an app. */
  ofApp: boolean
}

/** Every procedure of the router, as declared. */
const DECLARED: Declared[] = Object.entries(appRouter._def.procedures).map(([path, procedure]) => {
  const { meta, inputs } = (procedure as unknown as { _def: { meta?: Gate; inputs: unknown[] } })._def
  const ofApp = inputs.some(
    (input) => typeof input === 'object' && input !== null && 'shape' in input && 'app' in (input.shape as object),
  )
  return { path, gate: meta, ofApp }
})
const isPermission = (value: string | undefined): value is Permission => value !== undefined && value in PERMISSIONS
const TENANT = DECLARED.filter(({ gate }) => isPermission(gate?.permission))

let alpha: Tenant
let beta: Tenant
let collector: TestCollector
let scratch: string

beforeAll(async () => {
  // What replays dead letters sends them to a collector.
  collector = await startTestCollector(stores.databaseUrl)
  scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-matrix-'))
  setEnv({ COLLECTOR_URL: collector.url, DATA_DIR: scratch })
  alpha = await makeTenant('alphaorg', stores.admin, stores.clickhouse)
  beta = await makeTenant('betaorg', stores.admin, stores.clickhouse)
  for (const { importId, marker } of [alpha, beta]) {
    const file = uploadedFile(scratch, importId)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, `event_name,device_id\n${marker},${marker}-device\n`)
  }
})

afterAll(async () => {
  await collector?.stop()
  await rm(scratch, { recursive: true, force: true })
})

/** Calls a procedure as a person; resolves to its answer as text, or to the error's code. */
async function call(path: string, userId: UserId | null, input: unknown): Promise<{ code: string; text: string }> {
  const [module = '', name = ''] = path.split('.')
  const room = (
    caller(requestOf(userId)) as unknown as Record<string, Record<string, (input: unknown) => Promise<unknown>>>
  )[module]
  try {
    return { code: 'OK', text: JSON.stringify(await room?.[name]?.(input)) ?? '' }
  } catch (error) {
    if (error instanceof TRPCError) return { code: error.code, text: error.message }
    throw error
  }
}

const inputFor = (path: string, { org, app }: { org: string; app: string }, own: Tenant) => ({
  org,
  app,
  ...CALLS[path]?.input?.(own),
})

describe('the matrix', () => {
  it('has a row for every procedure, and no row too many', () => {
    expect(Object.keys(CALLS).sort()).toEqual(DECLARED.map(({ path }) => path).sort())
  })

  it('finds a gate at every declaration', () => {
    expect(DECLARED.filter(({ gate }) => !gate).map(({ path }) => path)).toEqual([])
  })
})

describe.each(TENANT)('$path', ({ path, gate, ofApp }) => {
  const permission = gate?.permission as Permission

  it('refuses a visitor who is not signed in', async () => {
    expect((await call(path, null, inputFor(path, alpha, alpha))).code).toBe('UNAUTHORIZED')
  })

  it("answers another tenant's owner as if the organization did not exist", async () => {
    const foreign = await call(path, beta.users.owner, inputFor(path, alpha, alpha))
    const absent = await call(path, beta.users.owner, inputFor(path, { org: 'no-such-org', app: 'none' }, alpha))
    expect(foreign.code).toBe('NOT_FOUND')
    expect(foreign).toEqual(absent)
  })

  if (ofApp)
    it("answers as if another tenant's app did not exist, by slug and by id", async () => {
      for (const app of [alpha.app, alpha.appId]) {
        const answer = await call(path, beta.users.owner, inputFor(path, { org: beta.org, app }, alpha))
        expect(answer.code).toBe('NOT_FOUND')
      }
    })

  it('asks every role for its permission', async () => {
    for (const role of ROLES.filter((role) => !can(role, permission))) {
      expect((await call(path, alpha.users[role], inputFor(path, alpha, alpha))).code, role).toBe('FORBIDDEN')
    }
  })

  it("never answers with another tenant's row, whatever id is named", async () => {
    for (const extra of CALLS[path]?.foreign?.(alpha) ?? []) {
      const answer = await call(path, beta.users.owner, { org: beta.org, app: beta.app, ...extra })
      expect(['OK', 'NOT_FOUND'], answer.text).toContain(answer.code)
      // Only what the caller typed may come back, so the error of a look-up by id is judged by its code.
      if (answer.code === 'OK') expect(answer.text).not.toContain(alpha.marker)
    }
  })

  it("works for its owner and shows nothing of the other tenant's", async () => {
    const answer = await call(path, beta.users.owner, inputFor(path, beta, beta))
    expect(answer.code, answer.text).toBe('OK')
    expect(answer.text).not.toContain(alpha.marker)
  })
})

describe('after everything above', () => {
  it("left the first tenant's rows as they were", async () => {
    const link = await stores.admin.link.findUniqueOrThrow({ where: { id: alpha.linkId } })
    const key = await stores.admin.secretKey.findUniqueOrThrow({ where: { id: alpha.secretKeyId } })
    const ingestKey = await stores.admin.ingestKey.findUniqueOrThrow({ where: { id: alpha.ingestKeyId } })
    const organization = await stores.admin.organization.findUniqueOrThrow({ where: { id: alpha.orgId } })
    expect([link.name, link.archivedAt, key.revokedAt, ingestKey.revokedAt, organization.name]).toEqual([
      `${alpha.marker} link`,
      null,
      null,
      null,
      alpha.marker,
    ])
    expect(await stores.admin.import.findMany({ where: { orgId: alpha.orgId } })).toMatchObject([{ status: 'ready' }])
    expect(await stores.admin.app.count({ where: { orgId: alpha.orgId } })).toBe(1)
    expect(await stores.admin.link.count({ where: { orgId: alpha.orgId } })).toBe(1)
    expect(await stores.admin.network.count({ where: { orgId: alpha.orgId } })).toBe(1)
  })
})
