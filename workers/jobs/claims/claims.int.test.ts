import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant, type TestTenant } from '#e2e/fixtures/tenant.ts'
import { claim, type StandIn, startStandIn } from '#e2e/networks/stand-in.ts'
import { eventually, InstallLog, runClaims } from '#e2e/networks/world.ts'
import { createNetwork, createNetworkInput } from '#server/modules/networks/index.ts'
import { setEnv } from '#server/platform/env.ts'

const HOUR = 3_600_000
const stores = useStores()
let collector: TestCollector
let network: StandIn
let tenant: TestTenant
let networkId: string
let log: InstallLog
let stop: () => Promise<void>
let number = 0

beforeAll(async () => {
  setEnv({ OUTBOUND_PRIVATE_ADDRESSES: '1' })
  collector = await startTestCollector(stores.databaseUrl)
})
afterAll(() => collector?.stop())

beforeEach(async () => {
  number += 1
  network = await startStandIn()
  tenant = await makeTenant(stores, `Tenant ${number}`)
  const made = await createNetwork(tenant, createNetworkInput.parse({ mediaSource: 'big_net', claimUrl: network.url }))
  networkId = made.networkId
  network.secrets.add(made.secret)
  log = new InstallLog(stores, `log-${number}`)
  stop = runClaims(stores, collector.url, { answerMs: 400 })
})
afterEach(async () => {
  await stop()
  await network.close()
  // The next test's worker must not find this one's questions due.
  await stores.admin.network.updateMany({ data: { enabled: false } })
})

const claimRow = (deviceId: string) => stores.admin.networkClaim.findFirst({ where: { networkId, deviceId } })
const settled = (deviceId: string) =>
  eventually(`${deviceId} settles`, async () => {
    const row = await claimRow(deviceId)
    return row && row.state !== 'waiting' ? row : null
  })
const triedOnce = (deviceId: string) =>
  eventually(`${deviceId} is tried`, async () => {
    const row = await claimRow(deviceId)
    return row && row.tries > 0 ? row : null
  })
const touchpoints = async () => (await collector.rows('touchpoint')).filter((row) => row.app_id === tenant.appId)
/** Lets a question that waits for its next try be due at once. */
const hurry = () => stores.admin.networkClaim.updateMany({ where: { networkId }, data: { nextTryAt: new Date() } })

describe('an install of an app with a network', () => {
  it('is asked about with a signature, its device ids and the time, and the claim becomes one touchpoint for that install', async () => {
    const at = Date.now() - HOUR
    network.behave(() => claim('c-1', at, { ad_set: 'set', ad: 'ad', app_id: tenant.appId, device_id: 'd1' }))
    await log.load(tenant, { d1: { country: 'DE' } })
    expect(await settled('d1')).toMatchObject({ state: 'claimed', tries: 1, error: null, install: {} })
    const [asked, ...more] = network.asked
    expect(more).toEqual([])
    expect(asked).toMatchObject({
      signed: true,
      question: {
        app: { app_id: tenant.appId, bundle_id: 'com.example.game' },
        install: { device_id: 'd1', platform: 'android', advertising_id: 'gaid-d1', country: 'DE' },
      },
    })
    expect(await touchpoints()).toMatchObject([
      {
        ...{ org_id: tenant.orgId, touchpoint_type: 'click', media_source: 'big_net', campaign: 'autumn', ad: 'ad' },
        ...{ ad_set: 'set', claimed_device_id: 'd1', platform: 'android' },
      },
    ])
  }, 60_000)

  it('that the network does not claim stays without a touchpoint', async () => {
    await log.load(tenant, { d1: {} })
    expect(await settled('d1')).toMatchObject({ state: 'not_claimed', touchpoint: null })
    expect(await touchpoints()).toEqual([])
  }, 60_000)

  it('is asked about once, however often its event is loaded and its stretch of the log is followed', async () => {
    network.behave(() => claim('c-1', Date.now() - HOUR))
    await log.load(tenant, { d1: {} })
    await settled('d1')
    await log.load(tenant, { d1: {} })
    await stores.admin.claimProgress.deleteMany()
    await log.load(tenant, { d2: {} })
    await settled('d2')
    expect(network.about('d1')).toHaveLength(1)
  }, 60_000)

  it('is not asked about in the sandbox, with consent refused, without any identifier, imported from a file, or received before the network was added', async () => {
    const before = new Date(Date.now() - 2 * HOUR).toISOString()
    await log.load(tenant, {
      sandbox: { environment: 'sandbox' },
      refused: { consent: '{"ads":false}' },
      filtered: { consent: '{"sharing_filter":["Big_Net"]}' },
      zeros: { advertising_id: '00000000-0000-0000-0000-000000000000' },
      unconsented: { advertising_id: '', customer_user_id: 'u', ip: '192.0.2.1' },
      early: { received_at: before },
      imported: { request_id: 'imp_8Kd_0' },
      last: {},
    })
    await settled('last')
    expect(network.asked.map(({ question }) => question.install.device_id)).toEqual(['last'])
    expect(await stores.admin.networkClaim.count({ where: { networkId } })).toBe(1)
  }, 60_000)

  it('may have an id in any letters', async () => {
    await log.load(tenant, { 设备一: {} })
    expect(await settled('设备一')).toMatchObject({ state: 'not_claimed', tries: 1 })
    expect(network.about('设备一')).toHaveLength(1)
  }, 60_000)

  it('is told with address, user agent and person only where the person consented', async () => {
    const facts = { ip: '192.0.2.1', user_agent: 'UA', customer_user_id: 'u1' }
    await log.load(tenant, { silent: facts, given: { ...facts, advertising_id: '', consent: '{"ads":true}' } })
    await Promise.all([settled('silent'), settled('given')])
    expect(network.about('silent')[0]?.question.install).not.toHaveProperty('ip')
    expect(network.about('silent')[0]?.question.install).not.toHaveProperty('user_agent')
    expect(network.about('silent')[0]?.question.install).not.toHaveProperty('customer_user_id')
    expect(network.about('given')[0]?.question.install).toMatchObject(facts)
  }, 60_000)
})

it('a network that is deleted while it is asked gets no touchpoint for its answer', async () => {
  network.behave(async ({ install: { device_id } }) => {
    if (device_id === 'd1') await tenant.caller.networks.delete({ ...tenant, networkId })
    return claim(`c-${device_id}`, Date.now() - HOUR)
  })
  await log.load(tenant, { d1: {} })
  await eventually('it is deleted', async () => (await stores.admin.network.count({ where: { id: networkId } })) === 0)
  const other = createNetworkInput.parse({ mediaSource: 'next_net', claimUrl: network.url })
  const made = await createNetwork(tenant, other)
  networkId = made.networkId
  network.secrets.add(made.secret)
  await log.load(tenant, { d2: {} })
  expect(await settled('d2')).toMatchObject({ state: 'claimed' })
  expect((await touchpoints()).map((row) => row.claimed_device_id)).toEqual(['d2'])
}, 60_000)

describe('a network that fails', () => {
  it.each([
    ['answers 503', { text: 'down', status: 503 }, '503'],
    ['answers 429', { json: {}, status: 429, headers: { 'retry-after': '600' } }, '429'],
    ['answers 401, because it does not know its secret yet,', { json: {}, status: 401 }, '401'],
    ['hangs up', { hangUp: true as const }, 'cannot be reached'],
    ['never comes to an end', { drip: true as const }, 'within 5 seconds'],
  ])(
    '%s is asked again, and believed then',
    async (_, behaviour, error) => {
      network.behave(() => behaviour)
      await log.load(tenant, { d1: {} })
      const row = await triedOnce('d1')
      expect(row).toMatchObject({ state: 'waiting', error: expect.stringContaining(error), leaseOwner: null })
      const wait = row.nextTryAt.getTime() - Date.now()
      expect(wait).toBeGreaterThan('headers' in behaviour ? 590_000 : 1_000)
      expect(await tenant.caller.networks.list(tenant)).toMatchObject([
        { lastError: row.error, claims: { waiting: 1, claimed: 0 } },
      ])
      network.behave(() => claim('c-1', Date.now() - HOUR))
      await hurry()
      expect(await settled('d1')).toMatchObject({ state: 'claimed', tries: 2, error: null })
      expect(new Set(network.about('d1').map(({ headers }) => headers['idempotency-key'])).size).toBe(1)
    },
    60_000,
  )

  it('is down and comes back: what waited is asked then', async () => {
    network.setAway(true)
    await log.load(tenant, { d1: {}, d2: {} })
    await Promise.all([triedOnce('d1'), triedOnce('d2')])
    network.setAway(false)
    await hurry()
    expect([await settled('d1'), await settled('d2')]).toMatchObject([
      { state: 'not_claimed' },
      { state: 'not_claimed' },
    ])
  }, 60_000)

  it('until the install has settled is given up with the reason, and nothing asks on', async () => {
    network.behave(() => ({ text: '', status: 500 }))
    await log.load(tenant, { d1: {} })
    await triedOnce('d1')
    await stores.admin.networkClaim.updateMany({
      where: { networkId },
      data: { expiresAt: new Date(), nextTryAt: new Date() },
    })
    // A worker looks for such questions when it starts.
    await stop()
    stop = runClaims(stores, collector.url)
    expect(await settled('d1')).toMatchObject({ state: 'failed', error: expect.stringContaining('answered 500') })
    expect(network.about('d1')).toHaveLength(1)
  }, 60_000)

  it('that is slow holds no other network up, and never has more than 16 questions open', async () => {
    const slow = network
    slow.behave(async () => {
      await sleep(300)
      return { json: { claimed: false } }
    })
    const quick = await startStandIn()
    const made = await createNetwork(tenant, createNetworkInput.parse({ mediaSource: 'quick', claimUrl: quick.url }))
    quick.secrets.add(made.secret)
    const many = Object.fromEntries(Array.from({ length: 60 }, (_, at) => [`d${at}`, {}]))
    await log.load(tenant, many)
    await eventually('the quick one has been asked everything', () => quick.asked.length === 60)
    expect(slow.asked.length).toBeLessThan(60)
    expect(slow.mostAtOnce()).toBeLessThanOrEqual(16)
    await quick.close()
  }, 60_000)
})

describe('an answer that is not to be believed', () => {
  const at = () => Date.now() - HOUR
  it.each([
    ['a status of refusal', () => ({ json: {}, status: 403 }), '403'],
    ['a redirect', () => ({ json: {}, status: 302, headers: { location: network.url } }), 'Redirects are not followed'],
    ['no JSON', () => ({ text: '<html>' }), 'not JSON'],
    ['JSON of another form', () => ({ json: { claimed: 'yes' } }), 'does not fit'],
    ['a list', () => ({ json: [] }), 'does not fit'],
    ['64 KB and a byte', () => ({ bytes: 64 * 1024 + 1 }), '64 KB'],
    ['no claim id', () => claim('', at()), 'claim_id'],
    ['a claim id that cannot be stored', () => claim('a\u0000b', at()), 'claim_id'],
    ['a time that is none', () => claim('c', at(), { touchpoint_time: 'yesterday' }), 'touchpoint_time'],
    ['a time beyond all calendars', () => claim('c', at(), { touchpoint_time: 8.64e15 + 1 }), 'future'],
    ['a touchpoint in the future', () => claim('c', Date.now() + HOUR), 'future'],
    ['a touchpoint after the install', () => claim('c', Date.now() + 30_000), 'after the install'],
    ['a click outside the window', () => claim('c', Date.now() - 8 * 24 * HOUR), 'outside'],
    ['a view outside the window', () => claim('c', Date.now() - 25 * HOUR, { touchpoint_type: 'view' }), 'outside'],
    ['another app', () => claim('c', at(), { app_id: 'app_other' }), 'another app'],
    ['another app, in letters that cannot be stored', () => claim('c', at(), { app_id: '\u0000' }), 'app_id'],
    ['another install', () => claim('c', at(), { device_id: 'd2' }), 'another install'],
    ['a name of 501 characters', () => claim('c', at(), { campaign: 'x'.repeat(501) }), 'campaign'],
  ])(
    '%s ends the question as failed, is shown, and becomes no touchpoint',
    async (_, behaviour, error) => {
      network.behave(behaviour)
      await log.load(tenant, { d1: {} })
      const row = await settled('d1')
      expect(row).toMatchObject({ state: 'failed', error: expect.stringContaining(error), tries: 1 })
      expect(await tenant.caller.networks.claims({ ...tenant, deviceId: 'd1' })).toMatchObject([
        { mediaSource: 'big_net', state: 'failed', error: row.error },
      ])
      expect(network.about('d1')).toHaveLength(1)
      expect(await touchpoints()).toEqual([])
    },
    60_000,
  )

  it('the same claim id for a second install: the first keeps it', async () => {
    network.behave(() => claim('same', Date.now() - HOUR))
    await log.load(tenant, { d1: {} })
    await settled('d1')
    await log.load(tenant, { d2: {} })
    expect(await settled('d2')).toMatchObject({ state: 'failed', error: expect.stringContaining('another install') })
    expect(await touchpoints()).toMatchObject([{ claimed_device_id: 'd1' }])
  }, 60_000)

  it('claims everything it is asked under the media source it was added as, never under another', async () => {
    network.behave(() => claim('c', Date.now() - HOUR, { media_source: 'somebody_else', touchpoint_id: 'theirs' }))
    await log.load(tenant, { d1: {} })
    await settled('d1')
    expect(await touchpoints()).toMatchObject([
      { media_source: 'big_net', touchpoint_id: expect.stringMatching(/^claim_/) },
    ])
  }, 60_000)
})

describe('a claim that was answered', () => {
  it('is kept while the collector is away and handed over when it is back, without asking again', async () => {
    network.behave(() => claim('c-1', Date.now() - HOUR))
    collector.failAppends(new Error('the disk is full'))
    await log.load(tenant, { d1: {} })
    const row = await eventually('the answer is kept', async () => {
      const found = await claimRow('d1')
      return found?.error?.includes('handed over') ? found : null
    })
    expect(row).toMatchObject({ state: 'waiting', claimId: 'c-1' })
    collector.failAppends(null)
    await hurry()
    expect(await settled('d1')).toMatchObject({ state: 'claimed', tries: 1 })
    expect(network.about('d1')).toHaveLength(1)
    expect(new Set((await touchpoints()).map((one) => one.touchpoint_id)).size).toBe(1)
  }, 60_000)

  it('leaves no key behind', async () => {
    network.behave(() => claim('c-1', Date.now() - HOUR))
    await log.load(tenant, { d1: {} })
    await settled('d1')
    await stop()
    expect(await stores.admin.secretKey.count({ where: { orgId: tenant.orgId } })).toBe(0)
    stop = async () => undefined
  }, 60_000)
})
