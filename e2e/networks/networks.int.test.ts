import { setTimeout as sleep } from 'node:timers/promises'
import { Registry } from 'prom-client'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { createNetwork, createNetworkInput } from '#server/modules/networks/index.ts'
import { setEnv } from '#server/platform/env.ts'
import type { AppId, OrgId } from '#server/platform/ids.ts'
import { createLogger } from '#server/platform/logger.ts'
import { closeStores } from '#server/stores/index.ts'
import { workOnClaims } from '#workers/jobs/claims/index.ts'
import { claim, type StandIn, startStandIn } from './stand-in.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
/** What a phone's browser says of it. */
const PHONE =
  'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Mobile Safari/537.36'

let stack: IngestStack
let network: StandIn
let stop: () => Promise<void>
beforeAll(async () => {
  stack = await startIngestStack({ roles: ['collector', 'loader', 'attributor'] })
  setEnv({ OUTBOUND_PRIVATE_ADDRESSES: '1' })
  network = await startStandIn()
  const owner = { orgId: stack.orgId as OrgId, appId: stack.appId as AppId }
  const input = createNetworkInput.parse({ mediaSource: 'big_net', claimUrl: network.url })
  const { secret } = await createNetwork(owner, input)
  network.secrets.add(secret)
  stop = workOnClaims({
    env: { COLLECTOR_URL: stack.collector, OUTBOUND_PRIVATE_ADDRESSES: true },
    logger: createLogger('claims', 'silent'),
    registry: new Registry(),
  })
}, 120_000)
afterAll(async () => {
  await stop?.()
  await network?.close()
  await closeStores()
  await stack?.stop()
})
beforeEach(() => network.behave(() => ({ json: { claimed: false } })))

async function send(path: 'events' | 'touchpoints', row: Record<string, unknown>): Promise<void> {
  const answer = await fetch(`${stack.collector}/v1/${path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${stack.secretKey}`,
      'x-app-id': stack.appId,
      'content-type': 'application/json',
    },
    body: JSON.stringify([row]),
  })
  expect(await answer.json()).toMatchObject({ accepted: 1 })
}
const install = (deviceId: string, more: Record<string, unknown> = {}) =>
  send('events', {
    ...{ event_id: `install-${deviceId}`, event_name: 'install', event_time: new Date().toISOString() },
    ...{ device_id: deviceId, platform: 'android', advertising_id: `gaid-${deviceId}`, ...more },
  })
const click = (id: string, ageMs: number, more: Record<string, unknown>) =>
  send('touchpoints', {
    ...{ touchpoint_id: id, touchpoint_type: 'click', touchpoint_time: new Date(Date.now() - ageMs).toISOString() },
    ...{ media_source: 'ads_net', campaign: 'c', ...more },
  })

const candidatesSchema = z.array(z.object({ media_source: z.string(), rank_reason: z.string().nullable() }))

interface Decision {
  version: number
  outcome: string
  match_type: string
  media_source: string
  campaign: string
  touchpoint_type: string
  candidates: string
}

async function decisions(deviceId: string): Promise<Decision[]> {
  const result = await stack.clickhouse.query({
    query: `select version, outcome, match_type, media_source, campaign, touchpoint_type, candidates from decisions
      where app_id = {app:String} and device_id = {device:String} order by version`,
    query_params: { app: stack.appId, device: deviceId },
    format: 'JSONEachRow',
  })
  return result.json<Decision>()
}

/** Waits until the device's current decision names this source. @returns every decision of it */
async function decidedFor(deviceId: string, mediaSource: string): Promise<Decision[]> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const all = await decisions(deviceId)
    if (all.at(-1)?.media_source === mediaSource) return all
    if (Date.now() > deadline) throw new Error(`${deviceId} was decided ${JSON.stringify(all)}, not for ${mediaSource}`)
    await sleep(100)
  }
}

/** Waits until the claim stands among the candidates of a decision for `ads_net`, and lost for this reason. */
async function claimLoses(deviceId: string, reason: string): Promise<void> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const current = (await decidedFor(deviceId, 'ads_net')).at(-1)
    const candidates = candidatesSchema.parse(JSON.parse(current?.candidates ?? '[]'))
    const claimed = candidates.find(({ media_source }) => media_source === 'big_net')
    if (claimed) return expect(claimed.rank_reason).toBe(reason)
    if (Date.now() > deadline) throw new Error(`No claim among the candidates of ${deviceId}.`)
    await sleep(100)
  }
}

const isAsked = async (deviceId: string) => {
  const deadline = Date.now() + 30_000
  while (network.about(deviceId).length === 0) {
    if (Date.now() > deadline) throw new Error(`Nobody asked about ${deviceId}.`)
    await sleep(50)
  }
}

describe('what a network claims', () => {
  it('decides an install that was organic before, and the trace names the claim', async () => {
    network.setAway(true)
    await install('organic-first')
    await decidedFor('organic-first', 'organic')
    network.behave(() => claim('claim-organic-first', Date.now() - HOUR))
    network.setAway(false)
    const all = await decidedFor('organic-first', 'big_net')
    expect(all.map(({ media_source }) => media_source)).toEqual(['organic', 'big_net'])
    expect(all.at(-1)).toMatchObject({ outcome: 'attributed', match_type: 'device_id', campaign: 'autumn' })
    expect(JSON.parse(all.at(-1)?.candidates ?? '[]')).toMatchObject([
      { media_source: 'big_net', eligible: true, matched_by: ['network_claim'] },
    ])
  }, 90_000)

  it('wins over a probabilistic match, also over one that is younger', async () => {
    const seen = { ip: '81.2.69.142', user_agent: PHONE }
    await click('probable', 10 * MINUTE, seen)
    network.behave(({ install: asked }) =>
      asked.device_id === 'probable' ? claim('claim-probable', Date.now() - 2 * HOUR) : { json: { claimed: false } },
    )
    network.setAway(true)
    await install('probable', seen)
    expect((await decidedFor('probable', 'ads_net')).at(-1)).toMatchObject({ match_type: 'probabilistic' })
    network.setAway(false)
    const all = await decidedFor('probable', 'big_net')
    expect(JSON.parse(all.at(-1)?.candidates ?? '[]')).toMatchObject([
      { media_source: 'big_net', eligible: true },
      { media_source: 'ads_net', match_type: 'probabilistic', rank_reason: 'weaker_match' },
    ])
  }, 90_000)

  it('loses to a click by device id that came after the claimed one, and wins over one that came before', async () => {
    network.behave(({ install: asked }) => claim(`claim-${asked.device_id}`, Date.now() - HOUR))
    await click('after', 30 * MINUTE, { advertising_id: 'gaid-after' })
    await click('before', 2 * HOUR, { advertising_id: 'gaid-before' })
    await install('after')
    await install('before')
    await decidedFor('before', 'big_net')
    await claimLoses('after', 'older')
  }, 90_000)

  it('as a view loses to any click, and gives way to the referrer that the install itself names', async () => {
    network.behave(({ install: asked }) =>
      claim(`claim-${asked.device_id}`, Date.now() - 5 * MINUTE, {
        touchpoint_type: asked.device_id === 'viewed' ? 'view' : 'click',
      }),
    )
    await click('clicked', 3 * HOUR, { advertising_id: 'gaid-viewed' })
    await click('referred', 5 * HOUR, {})
    await install('viewed')
    await install('referred', { install_referrer: 'click_id%3Dreferred' })
    await claimLoses('viewed', 'view_after_click')
    await claimLoses('referred', 'weaker_match')
  }, 90_000)

  it('counts for the install that was asked about and no other of the same device', async () => {
    network.behave(({ install: asked }) =>
      asked.device_id === 'twin-1' ? claim('claim-twin', Date.now() - HOUR) : { json: { claimed: false } },
    )
    await install('twin-1', { advertising_id: 'gaid-twins' })
    await decidedFor('twin-1', 'big_net')
    await install('twin-2', { advertising_id: 'gaid-twins' })
    await isAsked('twin-2')
    expect((await decidedFor('twin-2', 'organic')).length).toBe(1)
  }, 90_000)
})
