import { type ChildProcess, fork } from 'node:child_process'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startTestCollector, type TestCollector } from '#e2e/fixtures/collector.ts'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant } from '#e2e/fixtures/tenant.ts'
import { createNetwork, createNetworkInput } from '#server/modules/networks/index.ts'
import { setEnv } from '#server/platform/env.ts'
import { claim, type StandIn, startStandIn } from './stand-in.ts'
import { eventually, InstallLog } from './world.ts'

const INSTALLS = 400
const HOUR = 3_600_000
const stores = useStores()
let collector: TestCollector
let network: StandIn
const children = new Set<ChildProcess>()
beforeAll(async () => {
  collector = await startTestCollector(stores.databaseUrl)
  network = await startStandIn()
})
afterAll(async () => {
  for (const child of children) child.kill('SIGKILL')
  await collector?.stop()
  await network?.close()
})

/** Starts the jobs role in a process of its own. */
async function startJobs(): Promise<ChildProcess> {
  const child = fork('workers/main.ts', ['--roles', 'jobs'], { env: { ...process.env, WORKER_PORT: '0' } })
  children.add(child)
  child.once('exit', () => children.delete(child))
  await new Promise<void>((resolve, reject) => {
    child.once('message', () => resolve())
    child.once('exit', (code) => reject(new Error(`The jobs role ended with ${code}.`)))
  })
  return child
}

it('kill -9 of the jobs role, four times while it asks: every install is asked about, no claim is lost, none is there twice', async () => {
  setEnv({ COLLECTOR_URL: collector.url, OUTBOUND_PRIVATE_ADDRESSES: '1' })
  const tenant = await makeTenant(stores, 'Killed')
  const input = createNetworkInput.parse({ mediaSource: 'big_net', claimUrl: network.url })
  const { networkId, secret } = await createNetwork(tenant, input)
  network.secrets.add(secret)
  const at = Date.now() - HOUR
  network.behave(async ({ install }) => {
    await sleep(20)
    return Number(install.device_id.slice(1)) % 2 === 0 ? claim(install.device_id, at) : { json: { claimed: false } }
  })
  const log = new InstallLog(stores, 'killed-log')
  const devices = Array.from({ length: INSTALLS }, (_, place) => `d${place}`)
  for (let begin = 0; begin < INSTALLS; begin += 100)
    await log.load(tenant, Object.fromEntries(devices.slice(begin, begin + 100).map((device) => [device, {}])))

  let asked = 0
  for (let kill = 0; kill < 4; kill += 1) {
    const child = await startJobs()
    await eventually('it has asked some more', () => network.asked.length >= asked + 40)
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
    asked = network.asked.length
    expect(await stores.admin.networkClaim.count({ where: { networkId, state: 'waiting' } })).toBeGreaterThan(0)
    // The minute after which others take what it held.
    await stores.admin.networkClaim.updateMany({ where: { networkId }, data: { leaseUntil: new Date() } })
  }
  await startJobs()
  await eventually('everything is settled', async () => {
    const done = await stores.admin.networkClaim.count({ where: { networkId, state: { not: 'waiting' } } })
    return done === INSTALLS
  })

  expect(new Set(network.asked.map(({ question }) => question.install.device_id))).toEqual(new Set(devices))
  const rows = await collector.rows('touchpoint')
  const ofDevice = Map.groupBy(rows, (row) => String(row.claimed_device_id))
  expect([...ofDevice.keys()].sort()).toEqual(devices.filter((_, place) => place % 2 === 0).sort())
  // What a kill had sent twice has one id, by which the loader leaves it out.
  for (const sent of ofDevice.values()) expect(new Set(sent.map((row) => row.touchpoint_id)).size).toBe(1)
  expect(new Set(rows.map((row) => row.touchpoint_id)).size).toBe(INSTALLS / 2)
  const states = await stores.admin.networkClaim.groupBy({ by: ['state'], where: { networkId }, _count: true })
  expect(states.map(({ state, _count }) => [state, _count]).sort()).toEqual([
    ['claimed', INSTALLS / 2],
    ['not_claimed', INSTALLS / 2],
  ])
}, 180_000)
