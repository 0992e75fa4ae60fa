import { beforeAll, describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, requestOf, type Tenant } from '#e2e/tenancy/tenants.ts'
import { verifySecretKey } from '#server/authz/index.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { withTemporaryKey } from './index.ts'

const stores = useStores()
const caller = createCallerFactory(appRouter)
const HOUR = 3_600_000
let tenant: Tenant
let own: ReturnType<typeof caller>
let at: { org: string; app: string }

beforeAll(async () => {
  tenant = await makeTenant('keysorg', stores.admin, stores.clickhouse)
  own = caller(requestOf(tenant.users.owner))
  at = { org: tenant.org, app: tenant.app }
})

const inAnHour = () => new Date(Date.now() + HOUR)

describe('rotating a secret key', () => {
  it('gives a new key with the same scopes; both work until the chosen time', async () => {
    const first = await own.keys.create({ org: at.org, name: 'Backend', scopes: ['reports:read', 'links:read'] })
    const second = await own.keys.rotate({ org: at.org, id: first.id, until: inAnHour() })
    expect(second.secretKey).not.toBe(first.secretKey)
    for (const { secretKey } of [first, second]) {
      expect((await verifySecretKey(secretKey))?.scopes).toEqual(['reports:read', 'links:read'])
    }
    const rows = await own.keys.list({ org: at.org })
    expect(rows.find(({ id }) => id === first.id)).toMatchObject({ name: 'Backend', replacedBy: second.id })
    expect(rows.find(({ id }) => id === second.id)).toMatchObject({
      name: 'Backend',
      expiresAt: null,
      replacedBy: null,
    })
  })

  it('now refuses the old key at once, naming the new one', async () => {
    const first = await own.keys.create({ org: at.org, name: 'Backend', scopes: ['reports:read'] })
    const second = await own.keys.rotate({ org: at.org, id: first.id, until: new Date() })
    await expect(verifySecretKey(first.secretKey)).rejects.toThrow(new RegExp(`rotated.*${second.id}`))
    expect(await verifySecretKey(second.secretKey)).toMatchObject({ keyId: second.id })
  })

  it('never prolongs a key that is about to end, and gives the new one the end that was chosen', async () => {
    const [soon, later] = [inAnHour(), new Date(Date.now() + 48 * HOUR)]
    const first = await own.keys.create({ org: at.org, name: 'Ends', scopes: ['reports:read'], expiresAt: soon })
    const second = await own.keys.rotate({ org: at.org, id: first.id, until: later, expiresAt: later })
    const rows = await own.keys.list({ org: at.org })
    expect(rows.find(({ id }) => id === first.id)?.expiresAt).toEqual(soon)
    expect(rows.find(({ id }) => id === second.id)?.expiresAt).toEqual(later)
    const third = await own.apps.createIngestKey({ ...at, name: 'Ends', expiresAt: soon })
    const fourth = await own.apps.rotateIngestKey({ ...at, id: third.id, until: later, expiresAt: later })
    const ingest = await own.apps.ingestKeys(at)
    expect(ingest.find(({ id }) => id === third.id)?.expiresAt).toEqual(soon)
    expect(ingest.find(({ id }) => id === fourth.id)?.expiresAt).toEqual(later)
  })

  it('works where the list is full, for one key after the other, and no other key is made', async () => {
    const full = await makeTenant('fullorg', stores.admin, stores.clickhouse)
    const { orgId, appId, org, app } = full
    const by = caller(requestOf(full.users.owner))
    const live = { orgId, revokedAt: null }
    const secretRoom = 100 - (await stores.admin.secretKey.count({ where: live }))
    const ingestRoom = 20 - (await stores.admin.ingestKey.count({ where: { ...live, appId } }))
    await stores.admin.secretKey.createMany({
      data: Array.from({ length: secretRoom }, (_, n) => ({
        id: `full${n}`,
        orgId,
        name: 'Full',
        prefix: 'sk_full',
        keyHash: `full${n}`,
        scopes: ['reports:read'],
      })),
    })
    await stores.admin.ingestKey.createMany({
      data: Array.from({ length: ingestRoom }, (_, n) => ({ id: `fulli${n}`, orgId, appId, key: `ik_full${n}` })),
    })
    for (const n of [0, 1, 2]) {
      await by.keys.rotate({ org, id: `full${n}`, until: inAnHour() })
      await by.apps.rotateIngestKey({ org, app, id: `fulli${n}`, until: inAnHour() })
    }
    await expect(by.keys.create({ org, name: 'More', scopes: ['reports:read'] })).rejects.toThrow(/100 keys in use/)
    await expect(by.apps.createIngestKey({ org, app })).rejects.toThrow(/20 keys in use/)
    const scopes = ['events:write' as const]
    await withTemporaryKey(orgId, { name: 'Work', scopes }, async (secretKey) => {
      expect(await verifySecretKey(secretKey)).toMatchObject({ scopes })
      await by.keys.revoke({ org, id: 'full9' })
      await expect(by.keys.create({ org, name: 'More', scopes: ['reports:read'] })).resolves.toBeTruthy()
    })
  })

  it('happens once, also when two people do it at the same moment', async () => {
    const { id } = await own.keys.create({ org: at.org, name: 'Twice', scopes: ['reports:read'] })
    const tries = await Promise.allSettled([1, 2, 3].map(() => own.keys.rotate({ org: at.org, id, until: inAnHour() })))
    expect(tries.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
    expect((await own.keys.list({ org: at.org })).filter(({ name }) => name === 'Twice')).toHaveLength(2)
    await expect(own.keys.rotate({ org: at.org, id, until: inAnHour() })).rejects.toThrow(/rotated already/)
  })

  it('is refused for a key that was revoked', async () => {
    const { id } = await own.keys.create({ org: at.org, name: 'Gone', scopes: ['reports:read'] })
    await own.keys.revoke({ org: at.org, id })
    await expect(own.keys.rotate({ org: at.org, id, until: inAnHour() })).rejects.toThrow(/has ended/)
  })
})

describe('an expiry', () => {
  it('ends a key by itself, with a message that says so', async () => {
    const expiresAt = new Date(Date.now() + 1_500)
    const made = await own.keys.create({ org: at.org, name: 'Short', scopes: ['reports:read'], expiresAt })
    expect(await verifySecretKey(made.secretKey)).not.toBeNull()
    await new Promise((resolve) => setTimeout(resolve, expiresAt.getTime() - Date.now() + 5))
    await expect(verifySecretKey(made.secretKey)).rejects.toThrow(/expired at/)
  })

  it('in the past or years ahead is refused at its field', async () => {
    const make = (expiresAt: Date) => own.keys.create({ org: at.org, name: 'X', scopes: ['reports:read'], expiresAt })
    await expect(make(new Date(Date.now() - 1))).rejects.toThrow(/has passed/)
    await expect(make(new Date(Date.now() + 10 * 366 * 24 * HOUR))).rejects.toThrow(/within a year/)
    await expect(own.apps.createIngestKey({ ...at, expiresAt: new Date(0) })).rejects.toThrow(/has passed/)
  })
})

describe('an ingest key', () => {
  it('rotates under its name; the old one is listed with its end and its successor', async () => {
    const first = await own.apps.createIngestKey({ ...at, name: 'Android 3.x' })
    const until = inAnHour()
    const second = await own.apps.rotateIngestKey({ ...at, id: first.id, until })
    const rows = await own.apps.ingestKeys(at)
    expect(rows.find(({ id }) => id === first.id)).toMatchObject({ expiresAt: until, replacedBy: second.id })
    expect(rows.find(({ id }) => id === second.id)).toMatchObject({ name: 'Android 3.x', key: second.key })
    await expect(own.apps.rotateIngestKey({ ...at, id: first.id, until })).rejects.toThrow(/rotated already/)
  })

  it('that expired leaves room for another one: twenty may be in use', async () => {
    const { appId, orgId } = tenant
    const expired = Array.from({ length: 20 }, (_, n) => ({
      id: `old${n}`,
      orgId,
      appId,
      key: `ik_old${n}`,
      expiresAt: new Date(0),
    }))
    await stores.admin.ingestKey.createMany({ data: expired })
    await expect(own.apps.createIngestKey(at)).resolves.toMatchObject({ key: expect.stringMatching(/^ik_/) })
  })
})
