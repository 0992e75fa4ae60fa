import { randomUUID } from 'node:crypto'
import { beforeEach, describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { makeTenant } from '#e2e/fixtures/tenant.ts'
import { takeClaims } from './claims.ts'
import { createNetworkInput } from './schema.ts'
import { createNetwork } from './service.ts'

const stores = useStores()
const SLOW = 'slow.example.com'
const QUICK = 'quick.example.com'
/** As the jobs role asks: a quarter of 128 for one host. */
const MOST = { now: 128, perHost: 32 }

/** A network with so many questions that are due. */
async function network(host: string, due: number): Promise<string> {
  const { orgId, appId } = await makeTenant(stores, randomUUID())
  const input = createNetworkInput.parse({ mediaSource: 'net', claimUrl: `https://${host}/claims/${randomUUID()}` })
  const { networkId } = await createNetwork({ orgId, appId }, input)
  const install = { device_id: 'd', install_time: '2026-11-01T00:00:00.000Z', platform: 'android' }
  const expiresAt = new Date(Date.now() + 3_600_000)
  await stores.admin.networkClaim.createMany({
    data: Array.from({ length: due }, (_, at) => {
      return { orgId, appId, networkId, deviceId: `d${at}`, install, expiresAt }
    }),
  })
  return networkId
}

describe('questions that are taken', () => {
  // What other tests left due would be taken, too.
  beforeEach(() => stores.admin.network.updateMany({ data: { enabled: false } }))

  const take = async (worker: string, most = MOST) => {
    const taken = await takeClaims(worker, most)
    const count = (host: string) => taken.filter(({ claimUrl }) => claimUrl.includes(host)).length
    return { slow: count(SLOW), quick: count(QUICK) }
  }

  it('are of one host at most a quarter of what a worker may hold, over however many apps it is asked for', async () => {
    for (let app = 0; app < 4; app += 1) await network(SLOW, 20)
    expect(await take('a')).toEqual({ slow: 32, quick: 0 })
    expect(await take('a')).toEqual({ slow: 0, quick: 0 })
    await network(QUICK, 10)
    expect(await take('a')).toEqual({ slow: 0, quick: 10 })
    // 16 of each network over all workers: the four have 64, of which the first worker holds 32.
    expect(await take('b')).toEqual({ slow: 32, quick: 0 })
    expect(await take('c')).toEqual({ slow: 0, quick: 0 })
  })

  it('are shared out between the hosts that wait where few may be taken', async () => {
    for (let app = 0; app < 3; app += 1) await network(SLOW, 20)
    await network(QUICK, 20)
    expect(await take('d', { now: 8, perHost: 32 })).toEqual({ slow: 4, quick: 4 })
    expect(await take('d', { now: 2, perHost: 32 })).toEqual({ slow: 1, quick: 1 })
  })

  it('of a network alone are no more than 16, over all workers', async () => {
    await network(QUICK, 40)
    expect(await take('e')).toEqual({ slow: 0, quick: 16 })
    expect(await take('f')).toEqual({ slow: 0, quick: 0 })
  })
})
