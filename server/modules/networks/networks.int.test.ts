import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { admin, runAdmin, storesEnv } from '#cli/admin/testing/run-admin.ts'
import { insertRows, touchpointRow } from '#e2e/fixtures/rows.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'
import { type StandIn, startStandIn } from '#e2e/networks/stand-in.ts'
import { eventually, InstallLog, runClaims } from '#e2e/networks/world.ts'
import { setEnv } from '#server/platform/env.ts'
import { endOldClaims } from './claims.ts'

const stores = useStores()
const URL_ = 'https://claims.example.com/v1'
const DAY = 86_400_000
let one: TestTenant
let two: TestTenant
beforeAll(async () => {
  one = await makeTenant(stores, 'One')
  two = await makeTenant(stores, 'Two')
})

const create = (tenant: TestTenant, more: Record<string, unknown> = {}) =>
  tenant.caller.networks.create({ ...tenant, mediaSource: 'big_net', claimUrl: URL_, ...more })

describe('networks of an app', () => {
  it('are none at first, and afterwards what was added, each with its secret shown once and kept sealed', async () => {
    expect(await one.caller.networks.list(one)).toEqual([])
    const { networkId, secret } = await create(one)
    const [listed, ...more] = await one.caller.networks.list(one)
    expect(more).toEqual([])
    expect(listed).toMatchObject({
      ...{ id: networkId, mediaSource: 'big_net', claimUrl: URL_, enabled: true, lastAskedAt: null, lastError: null },
      ...{ clickWindowMs: 7 * DAY, viewWindowMs: DAY },
      claims: { waiting: 0, claimed: 0, not_claimed: 0, failed: 0 },
    })
    expect(JSON.stringify(listed)).not.toContain(secret)
    const row = await stores.admin.network.findUniqueOrThrow({ where: { id: networkId } })
    expect(JSON.stringify(row, (_, value) => (typeof value === 'bigint' ? String(value) : value))).not.toContain(secret)
    expect(row).toMatchObject({ orgId: one.orgId, appId: one.appId, createdBy: one.userId, kind: 'self_attributing' })
  })

  it('have names of their own within the app; another organization may use the same', async () => {
    await expect(create(one)).rejects.toMatchObject({ code: 'CONFLICT', cause: { field: 'mediaSource' } })
    await create(two)
  })

  it.each([
    [{ mediaSource: 'Organic' }, ['mediaSource']],
    [{ mediaSource: ' ' }, ['mediaSource']],
    [{ claimUrl: 'claims.example.com' }, ['claimUrl']],
    [{ claimUrl: 'ftp://claims.example.com/' }, ['claimUrl']],
    [{ claimUrl: 'file:///etc/passwd' }, ['claimUrl']],
    [{ claimUrl: 'http://claims.example.com/' }, ['claimUrl']],
    [{ claimUrl: 'https://user:password@claims.example.com/' }, ['claimUrl']],
    [{ claimUrl: 'http://localhost:4000/' }, ['claimUrl']],
    [{ claimUrl: 'http://169.254.169.254/latest/meta-data' }, ['claimUrl']],
    [{ claimUrl: 'http://[::1]/' }, ['claimUrl']],
    [{ claimUrl: `https://claims.example.com/${'x'.repeat(2000)}` }, ['claimUrl']],
    [{ clickWindowMs: 31 * DAY }, ['clickWindowMs']],
    [{ clickWindowMs: Number.NaN }, ['clickWindowMs']],
    [{ viewWindowMs: 73 * 3_600_000 }, ['viewWindowMs']],
  ])('are refused by field: %j', async (wrong, path) => {
    const error = await create(one, { mediaSource: 'other', ...wrong }).catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'BAD_REQUEST', cause: { issues: [{ path }] } })
  })

  it('change their address and windows, and another organization changes nothing of them', async () => {
    const [network] = await one.caller.networks.list(one)
    const change = {
      networkId: network?.id ?? '',
      claimUrl: `${URL_}/new`,
      clickWindowMs: DAY,
      viewWindowMs: 3_600_000,
    }
    await one.caller.networks.update({ ...one, ...change })
    expect(await one.caller.networks.list(one)).toMatchObject([{ claimUrl: `${URL_}/new`, clickWindowMs: DAY }])
    const foreign = two.caller.networks.update({ ...two, ...change, claimUrl: 'https://theirs.example.com/' })
    await expect(foreign).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await one.caller.networks.list(one)).toMatchObject([{ claimUrl: `${URL_}/new` }])
  })
})

describe('a network that is deleted', () => {
  it('is gone with its questions, and its name is free; touchpoints it claimed stay', async () => {
    const tenant = await makeTenant(stores, 'Deleting')
    const { networkId } = await create(tenant)
    const { networkId: kept } = await create(tenant, { mediaSource: 'other_net' })
    const claim = { orgId: tenant.orgId, appId: tenant.appId, install: {}, expiresAt: new Date(Date.now() + DAY) }
    const claims = [
      { ...claim, networkId, deviceId: 'open' },
      { ...claim, networkId, deviceId: 'ended', state: 'claimed', claimId: 'c-1' },
      { ...claim, networkId: kept, deviceId: 'open' },
    ]
    await stores.admin.networkClaim.createMany({ data: claims })
    const id = `saclaim_${networkId}`
    const claimed = { touchpoint_id: id, claimed_device_id: 'ended', media_source: 'big_net' }
    await insertRows(stores.clickhouse, 'touchpoints', [
      touchpointRow({ org_id: tenant.orgId, app_id: tenant.appId, ...claimed }),
    ])
    expect(await tenant.caller.networks.delete({ ...tenant, networkId })).toEqual({
      networkId,
      mediaSource: 'big_net',
      droppedQuestions: 1,
    })
    expect(await tenant.caller.networks.list(tenant)).toMatchObject([{ id: kept }])
    expect(await stores.admin.networkClaim.findMany({ where: { appId: tenant.appId } })).toMatchObject([
      { networkId: kept, deviceId: 'open' },
    ])
    const stored = await stores.clickhouse.query({
      query: `select claimed_device_id from touchpoints where app_id = {app:String} and touchpoint_id = {id:String}`,
      query_params: { app: tenant.appId, id },
      format: 'JSONEachRow',
    })
    expect(await stored.json()).toEqual([{ claimed_device_id: 'ended' }])
    await create(tenant)
  })

  it('is gone with more questions than one transaction takes', async () => {
    const tenant = await makeTenant(stores, 'Deleting much')
    const { networkId } = await create(tenant)
    await stores.admin.$executeRaw`
      insert into network_claims (org_id, app_id, network_id, device_id, state, install, expires_at)
      select ${tenant.orgId}, ${tenant.appId}, ${networkId}, 'd' || n, case n % 2 when 0 then 'waiting' else 'not_claimed' end,
        '{}'::jsonb, now() + interval '1 day'
      from generate_series(1, 45000) as n`
    expect(await tenant.caller.networks.delete({ ...tenant, networkId })).toMatchObject({ droppedQuestions: 22_500 })
    expect(await tenant.caller.networks.list(tenant)).toEqual([])
    expect(await stores.admin.networkClaim.count({ where: { appId: tenant.appId } })).toBe(0)
  }, 60_000)

  it('must be the app’s own, and there', async () => {
    const [theirs] = await two.caller.networks.list(two)
    const networkId = theirs?.id ?? ''
    await expect(one.caller.networks.delete({ ...one, networkId })).rejects.toMatchObject({ code: 'NOT_FOUND' })
    expect(await two.caller.networks.list(two)).toMatchObject([{ id: networkId }])
    await expect(one.caller.networks.delete({ ...one, networkId: 'net_none' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
    })
  })
})

describe('what a network is asked', () => {
  let network: StandIn
  let stop: () => Promise<void>
  let log: InstallLog
  let tenant: TestTenant
  let networkId: string
  beforeAll(async () => {
    setEnv({ OUTBOUND_PRIVATE_ADDRESSES: '1' })
    network = await startStandIn()
    tenant = await makeTenant(stores, 'Asked')
    const made = await create(tenant, { claimUrl: network.url })
    networkId = made.networkId
    network.secrets.add(made.secret)
    log = new InstallLog(stores, 'asked-log')
    stop = runClaims(stores, 'http://127.0.0.1:9')
  })
  afterAll(async () => {
    await stop?.()
    await network?.close()
  })
  const askedAbout = (device: string) => eventually(`${device} is asked about`, () => network.about(device)[0])

  it('is signed by the old and the new secret after a rotation, and by the new one alone a day later', async () => {
    const { secret } = await tenant.caller.networks.rotateSecret({ ...tenant, networkId })
    await log.load(tenant, { rotated: {} })
    expect(await askedAbout('rotated')).toMatchObject({ signed: true })
    await stores.admin.network.updateMany({ where: { id: networkId }, data: { previousUntil: new Date() } })
    await log.load(tenant, { later: {} })
    expect(await askedAbout('later')).toMatchObject({ signed: false })
    network.secrets.clear()
    network.secrets.add(secret)
    await log.load(tenant, { latest: {} })
    expect(await askedAbout('latest')).toMatchObject({ signed: true })
  }, 60_000)

  it('is nothing while it is switched off, and nothing of that time when it is on again', async () => {
    await tenant.caller.networks.setEnabled({ ...tenant, networkId, enabled: false })
    await log.load(tenant, { meanwhile: {} })
    await tenant.caller.networks.setEnabled({ ...tenant, networkId, enabled: true })
    await log.load(tenant, { afterwards: {} })
    await askedAbout('afterwards')
    expect(network.about('meanwhile')).toEqual([])
  }, 60_000)

  it('says nothing of installs of another app, and names only its own', async () => {
    await log.load(two, { theirs: {} })
    await log.load(tenant, { ours: {} })
    await askedAbout('ours')
    expect(network.about('theirs')).toEqual([])
    expect(new Set(network.asked.map(({ question }) => question.app.app_id))).toEqual(new Set([tenant.appId]))
  }, 60_000)

  it('is shown by what became of it', async () => {
    await eventually('all are settled', async () => {
      const [listed] = await tenant.caller.networks.list(tenant)
      return listed && listed.claims.not_claimed >= 4 && listed.lastAskedAt
    })
    expect(await tenant.caller.networks.claims({ ...tenant, deviceId: 'ours' })).toMatchObject([
      { mediaSource: 'big_net', state: 'not_claimed', error: null, nextTryAt: null },
    ])
    expect(await tenant.caller.networks.claims({ ...tenant, deviceId: 'nobody' })).toEqual([])
    expect(await two.caller.networks.claims({ ...two, deviceId: 'ours' })).toEqual([])
  }, 60_000)

  it('is forgotten after 90 days', async () => {
    const where = { networkId, deviceId: 'ours' }
    await stores.admin.networkClaim.updateMany({ where, data: { createdAt: new Date(Date.now() - 91 * DAY) } })
    await endOldClaims()
    expect(await stores.admin.networkClaim.count({ where })).toBe(0)
    expect(await stores.admin.networkClaim.count({ where: { networkId, deviceId: 'afterwards' } })).toBe(1)
  })
})

describe('the command line', () => {
  let scratch: string
  let env: Record<string, string>
  beforeAll(async () => {
    scratch = await mkdtemp(join(tmpdir(), 'unmogrowp-networks-'))
    env = storesEnv(stores, scratch)
  })
  afterAll(() => rm(scratch, { recursive: true, force: true }))

  it('adds a network whose secret the product can open, and lists it', async () => {
    const network = await startStandIn()
    const tenant = await makeTenant(stores, 'Commanded')
    const words = ['--app', tenant.appId, '--media-source', 'cli_net', '--claim-url', network.url]
    const made = await admin<{ networkId: string; secret: string }>(
      ['network', 'create', ...words, '--click-days', '3', '--view-hours', '2'],
      env,
    )
    network.secrets.add(made.secret)
    expect(await admin(['network', 'list', '--app', tenant.appId], env)).toMatchObject({
      networks: [{ id: made.networkId, clickWindowMs: 3 * DAY, viewWindowMs: 7_200_000, enabled: true }],
    })
    const stop = runClaims(stores, 'http://127.0.0.1:9')
    await new InstallLog(stores, 'cli-log').load(tenant, { d1: {} })
    expect(await eventually('it is asked', () => network.about('d1')[0])).toMatchObject({ signed: true })
    await stop()
    await network.close()
  }, 60_000)

  it('deletes a network, and refuses one that is not there', async () => {
    const tenant = await makeTenant(stores, 'Deleted by command')
    const { networkId } = await create(tenant)
    const words = ['network', 'delete', '--app', tenant.appId, '--network', networkId]
    expect(await admin(words, env)).toEqual({ networkId, mediaSource: 'big_net', droppedQuestions: 0 })
    expect(await tenant.caller.networks.list(tenant)).toEqual([])
    expect(await runAdmin(words, env)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('There is no such network'),
    })
  }, 60_000)

  it('refuses a private address without the leave of the operator, naming the option', async () => {
    const words = ['--app', one.appId, '--media-source', 'x', '--claim-url', 'http://10.0.0.1/']
    const run = await runAdmin(['network', 'create', ...words], { ...env, OUTBOUND_PRIVATE_ADDRESSES: '' })
    expect(run.code).toBe(1)
    expect(run.stderr).toContain('claimUrl')
  }, 60_000)
})
