import { beforeAll, describe, expect, test } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { verifySecretKey } from '#server/authz/index.ts'
import { createPerson, createUser } from '#server/modules/account/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { createCallerFactory, router } from '#server/procedure/index.ts'
import { postgres } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { accountRouter } from '../account/router.ts'
import { appsRouter } from '../apps/router.ts'
import { keysRouter } from '../keys/router.ts'
import { linksRouter } from '../links/router.ts'
import { organizationsRouter } from './router.ts'

const stores = useStores()
const api = createCallerFactory(
  router({
    account: accountRouter,
    organizations: organizationsRouter,
    apps: appsRouter,
    keys: keysRouter,
    links: linksRouter,
  }),
)

async function callerOf(email: string) {
  const { userId } = await createPerson(email)
  const log = createLogger('test')
  const user = { userId, sessionId: 'ses_test', email, name: null }
  return { userId, call: api({ requestId: 'req_test', user, ip: '192.0.2.1', userAgent: 'test', log }) }
}
type Caller = Awaited<ReturnType<typeof callerOf>>['call']

const GAME = { name: 'Game', platform: 'android', bundleId: 'com.example.game' } as const
const NOT_FOUND = expect.objectContaining({ code: 'NOT_FOUND' })
const field = (name: string) => expect.objectContaining({ cause: expect.objectContaining({ field: name }) })

let ours: Caller
let theirs: Caller
const at = { org: '', app: '' }
beforeAll(async () => {
  ours = (await callerOf('ours@example.com')).call
  theirs = (await callerOf('theirs@example.com')).call
  at.org = (await ours.organizations.create({ name: 'Acme Games' })).slug
  at.app = (await ours.apps.create({ org: at.org, ...GAME })).slug
  await theirs.organizations.create({ name: 'Rival' })
})

describe('organizations', () => {
  test('the address comes from the name; taken, reserved and unwritable names get one of their own', async () => {
    expect(at.org).toBe('acme-games')
    expect((await theirs.organizations.create({ name: 'ACME  Gämes!' })).slug).toBe('acme-games-2')
    expect((await theirs.organizations.create({ name: 'Admin' })).slug).toBe('admin-2')
    expect((await theirs.organizations.create({ name: 'Sign in' })).slug).toBe('sign-in-2')
    expect((await theirs.organizations.create({ name: '東京ゲームス' })).slug).toBe('organization')
    expect((await theirs.organizations.create({ name: '🎮' })).slug).toBe('organization-2')
  })

  test('the same name at the same moment gives two organizations with two addresses', async () => {
    const made = await Promise.all([1, 2, 3].map(() => theirs.organizations.create({ name: 'Racers' })))
    expect(new Set(made.map(({ slug }) => slug)).size).toBe(3)
  })

  test('the maker is its owner, with every permission listed', async () => {
    expect(await ours.organizations.get({ org: at.org })).toMatchObject({ role: 'owner', reportingCurrency: 'USD' })
    const me = await ours.account.me()
    expect(me.organizations).toMatchObject([{ slug: at.org, role: 'owner' }])
    expect(me.organizations[0]?.permissions).toContain('links:write')
    expect((await ours.organizations.members({ org: at.org })).map(({ email, role }) => [email, role])).toEqual([
      ['ours@example.com', 'owner'],
    ])
  })

  test('the reporting currency is one of ISO 4217', async () => {
    expect(await ours.organizations.update({ org: at.org, reportingCurrency: 'eur' })).toMatchObject({
      reportingCurrency: 'EUR',
    })
    await expect(ours.organizations.update({ org: at.org, reportingCurrency: 'XYQ' })).rejects.toThrow(/ISO 4217/)
  })

  test('any Unicode is a name; what Postgres cannot hold is refused with a message', async () => {
    for (const name of ["Robert'); drop table users;--", 'ﷺ'.repeat(20), '<b>bold</b>', '𝕋𝕖𝕤𝕥', 'null', '‮backwards'])
      expect((await theirs.organizations.create({ name })).slug).toMatch(/^[a-z0-9-]{2,50}$/)
    await expect(theirs.organizations.create({ name: 'a\0b' })).rejects.toThrow(/cannot be stored/)
    await expect(theirs.organizations.create({ name: 'a\ud800' })).rejects.toThrow(/cannot be stored/)
    await expect(theirs.organizations.create({ name: '   ' })).rejects.toThrow(/empty/)
  })
})

describe('apps', () => {
  test('a new app has an ingest key and version 1 of its settings', async () => {
    const made = await ours.apps.create({
      org: at.org,
      ...GAME,
      bundleId: 'com.example.second',
      timezone: 'europe/berlin',
    })
    expect(made).toEqual({
      slug: 'game-2',
      appId: expect.stringMatching(/^app_/),
      ingestKey: expect.stringMatching(/^ik_/),
    })
    const keys = await ours.apps.ingestKeys({ org: at.org, app: made.slug })
    expect(keys.map(({ key }) => key)).toEqual([made.ingestKey])
    const settings = await stores.admin.attributionSettings.findMany({ where: { appId: made.appId } })
    expect(settings.map(({ version }) => version)).toEqual([1])
    expect(await ours.apps.get({ org: at.org, app: made.slug })).toMatchObject({
      timezone: 'Europe/Berlin',
      appId: made.appId,
    })
  })

  test('the same app twice is refused at its bundle id', async () => {
    await expect(ours.apps.create({ org: at.org, ...GAME })).rejects.toEqual(field('bundleId'))
  })

  test('a revoked key is shown as revoked, and the collector no longer finds it live', async () => {
    const made = await ours.apps.createIngestKey(at)
    const revoked = await ours.apps.revokeIngestKey({ ...at, id: made.id })
    expect(revoked.revokedAt).toBeInstanceOf(Date)
    const [row] = await postgres().$queryRaw<{ revoked: boolean }[]>`select revoked from lookup_ingest_key(${made.key})`
    expect(row?.revoked).toBe(true)
    expect((await ours.apps.revokeIngestKey({ ...at, id: made.id })).revokedAt).toEqual(revoked.revokedAt)
  })
})

describe('secret keys', () => {
  test('a key proves its organization and scopes until it is revoked; only its hash is kept', async () => {
    const { id, secretKey } = await ours.keys.create({ org: at.org, name: 'Server', scopes: ['events:write'] })
    expect(secretKey).toMatch(/^sk_[0-9A-Za-z]{40}$/)
    expect(await verifySecretKey(`Bearer ${secretKey}`)).toMatchObject({ keyId: id, scopes: ['events:write'] })
    expect(JSON.stringify(await stores.admin.secretKey.findMany())).not.toContain(secretKey)
    expect(JSON.stringify(await ours.keys.list({ org: at.org }))).not.toContain(secretKey)
    await ours.keys.revoke({ org: at.org, id })
    await expect(verifySecretKey(secretKey)).rejects.toThrow(/revoked/)
    expect(await verifySecretKey('sk_unknown')).toBeNull()
  })

  test('a key without a scope, or with one that does not exist, is refused', async () => {
    await expect(ours.keys.create({ org: at.org, name: 'None', scopes: [] })).rejects.toThrow(/at least one/)
    await expect(ours.keys.create({ org: at.org, name: 'All', scopes: ['members:manage' as never] })).rejects.toThrow(
      /scope/,
    )
  })
})

describe('links', () => {
  const link = { mediaSource: 'google_ads', campaign: 'Launch 😀', subParams: { sub1: "'; drop table links" } }

  test('a link has its addresses, a derived fallback, a QR code, and is found by any part of its names', async () => {
    const made = await ours.links.create({ ...at, ...link })
    expect(made).toMatchObject({
      name: 'google_ads / Launch 😀',
      fallbackUrl: 'https://play.google.com/store/apps/details?id=com.example.game',
      clickUrl: `http://localhost:4000/c/${made.linkId}`,
      viewUrl: `http://localhost:4000/v/${made.linkId}`,
      subParams: link.subParams,
    })
    expect(await ours.links.qr({ ...at, linkId: made.linkId })).toMatch(/^<svg[^>]+>/)
    expect((await ours.links.list({ ...at, search: 'GOOGLE' })).map(({ linkId }) => linkId)).toContain(made.linkId)
    expect(await ours.links.list({ ...at, search: '%' })).toEqual([])
  })

  test('a change keeps what it does not name; an archived link leaves the list and comes back', async () => {
    const made = await ours.links.create({
      ...at,
      ...link,
      webUrl: 'https://example.com',
      allowedHosts: ['Example.com'],
    })
    const changed = await ours.links.update({ ...at, linkId: made.linkId, campaign: 'Other' })
    expect(changed).toMatchObject({ campaign: 'Other', webUrl: 'https://example.com/', allowedHosts: ['example.com'] })
    await ours.links.archive({ ...at, linkId: made.linkId, archived: true })
    expect((await ours.links.list(at)).some(({ linkId }) => linkId === made.linkId)).toBe(false)
    expect((await ours.links.list({ ...at, archived: true })).map(({ linkId }) => linkId)).toEqual([made.linkId])
    expect((await ours.links.archive({ ...at, linkId: made.linkId, archived: false })).archivedAt).toBeNull()
  })

  test('the words of a search are taken literally', async () => {
    await expect(ours.links.list({ ...at, search: "x' or 1=1 --\\_%" })).resolves.toEqual([])
  })
})

describe('the second tenant', () => {
  test('another organization, its apps, keys and links do not exist for it', async () => {
    const link = await ours.links.create({ ...at, mediaSource: 'google_ads', campaign: 'Secret' })
    const [key] = await ours.apps.ingestKeys(at)
    const calls = [
      theirs.organizations.get({ org: at.org }),
      theirs.organizations.members({ org: at.org }),
      theirs.organizations.update({ org: at.org, name: 'Mine' }),
      theirs.apps.list({ org: at.org }),
      theirs.apps.get(at),
      theirs.apps.revokeIngestKey({ ...at, id: key?.id ?? '' }),
      theirs.keys.list({ org: at.org }),
      theirs.links.get({ ...at, linkId: link.linkId }),
      theirs.links.update({ ...at, linkId: link.linkId, campaign: 'Mine' }),
    ]
    for (const result of await Promise.allSettled(calls))
      expect(result).toMatchObject({ status: 'rejected', reason: NOT_FOUND })
  })

  test('its own organization does not open ids of the first one', async () => {
    const link = await ours.links.create({ ...at, mediaSource: 'google_ads', campaign: 'Secret' })
    const ingest = await ours.apps.createIngestKey(at)
    const { id: secret } = await ours.keys.create({ org: at.org, name: 'Server', scopes: ['events:write'] })
    const org = 'rival'
    const { slug: app } = await theirs.apps.create({ org, ...GAME })
    await expect(theirs.links.get({ org, app, linkId: link.linkId })).rejects.toEqual(NOT_FOUND)
    await expect(theirs.links.archive({ org, app, linkId: link.linkId, archived: true })).rejects.toEqual(NOT_FOUND)
    await expect(theirs.apps.revokeIngestKey({ org, app, id: ingest.id })).rejects.toEqual(NOT_FOUND)
    await expect(theirs.keys.revoke({ org, id: secret })).rejects.toEqual(NOT_FOUND)
    expect((await ours.apps.ingestKeys(at)).find(({ id }) => id === ingest.id)?.revokedAt).toBeNull()
  })

  test('the database itself shows no row without a tenant, and no foreign row with one', async () => {
    expect(await postgres().link.count()).toBe(0)
    expect(await postgres().organization.count()).toBe(0)
    const rival = await stores.admin.organization.findUniqueOrThrow({ where: { slug: 'rival' } })
    const seen = await withOrg(rival.id as Parameters<typeof withOrg>[0], (tx) => tx.app.findMany())
    expect(new Set(seen.map(({ orgId }) => orgId))).toEqual(new Set([rival.id]))
  })

  test('a role without the permission is refused, and told who can give it', async () => {
    const org = await stores.admin.organization.findUniqueOrThrow({ where: { slug: at.org } })
    await createUser(org.id as Parameters<typeof createUser>[0], 'viewer@example.com', 'viewer')
    const { call } = await callerOf('viewer@example.com')
    await expect(call.links.create({ ...at, mediaSource: 'x', campaign: 'y' })).rejects.toMatchObject({
      code: 'FORBIDDEN',
    })
    await expect(call.keys.list({ org: at.org })).rejects.toMatchObject({ code: 'FORBIDDEN' })
    expect(await call.links.list(at)).toBeInstanceOf(Array)
  })

  test('nobody signed in gets nothing but who they are not', async () => {
    const log = createLogger('test')
    const nobody = api({ requestId: 'req_test', user: null, ip: '192.0.2.1', userAgent: 'test', log })
    expect(await nobody.account.me()).toEqual({ user: null, organizations: [] })
    await expect(nobody.apps.list({ org: at.org })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
    await expect(nobody.organizations.create({ name: 'x' })).rejects.toMatchObject({ code: 'UNAUTHORIZED' })
  })
})
