import { describe, expect, it } from 'vitest'
import { decisionBody, decisionRow, decisionState, engineInstall, essence } from './decision-row.ts'
import { DEFAULT_SETTINGS, decide, SETTLE_MS, type Touchpoint } from './engine/index.ts'
import { importedDecisionRow } from './imported.ts'
import { type StoredInstall, storedInstallSchema } from './schema.ts'
import { settlesAt } from './verdict-columns.ts'

const HOUR = 3_600_000
const INSTALLED = Date.parse('2026-10-25T10:00:00.123Z')
const RECEIVED = '2026-10-25T10:00:02.000Z'
const tenant = { orgId: 'org_1', appId: 'app_1' }

const stored: StoredInstall = {
  event_id: 'install-1',
  device_id: 'device-1',
  install_time: new Date(INSTALLED).toISOString(),
  received_at: RECEIVED,
  platform: 'ios',
  environment: 'production',
  advertising_id: null,
  idfv: 'IDFV-1',
  customer_user_id: null,
  click_id: null,
  install_referrer: null,
  referrer_click_id: null,
  referrer_click_time: null,
  install_begin_time: null,
  referrer_click_time_server: null,
  install_begin_time_server: null,
  ip: '203.0.113.7',
  country: 'DE',
  os_version: '26.1',
  app_version: '2.4.0',
  device_model: 'iPhone14,5',
  user_agent: null,
  probabilistic_allowed: true,
  completed_by: [],
}
const touch = (touchpointId: string, agoMs: number, more: Partial<Touchpoint> = {}): Touchpoint => ({
  touchpointId,
  touchpointType: 'click',
  touchpointTime: INSTALLED - agoMs,
  mediaSource: 'google_ads',
  campaign: 'autumn',
  idfv: 'idfv-1',
  ...more,
})
const blind = touch('blind', 5 * 60_000, {
  idfv: null,
  ip: '203.0.113.7',
  platform: 'ios',
  osVersion: '26.1',
  deviceModel: 'iPhone',
})

it('keeps when the device was last active, so that a what-if decides by the same', () => {
  const at = '2026-10-20T10:00:00.000Z'
  const read = storedInstallSchema.parse(JSON.parse(row([], { ...stored, last_active_at: at }).install))
  expect(engineInstall(read).lastActiveAt).toBe(Date.parse(at))
  expect(engineInstall(stored).lastActiveAt).toBeNull()
})

const row = (touchpoints: Touchpoint[], install = stored) =>
  decisionRow(
    tenant,
    install,
    decide(engineInstall(install), touchpoints, DEFAULT_SETTINGS),
    undefined,
    INSTALLED + 5_000,
  )

describe('the row of a decision', () => {
  it('settles a day after the install arrived, whenever it was decided', () => {
    expect(row([]).settles_at).toBe('2026-10-26T10:00:02.000Z')
    expect(Date.parse(settlesAt(RECEIVED)) - Date.parse(RECEIVED)).toBe(SETTLE_MS)
  })
  it('keeps the probability of a guess, 1 where nothing was guessed, 0 without a winner', () => {
    const guessed = row([blind])
    expect(guessed.match_type).toBe('probabilistic')
    expect(guessed.probability).toBeGreaterThan(0.5)
    expect(guessed.probability).toBeLessThan(1)
    expect(row([touch('own', HOUR)]).probability).toBe(1)
    expect(row([]).probability).toBe(0)
  })
  it('guesses nothing where the install’s consent forbids it', () => {
    expect(row([blind], { ...stored, probabilistic_allowed: false })).toMatchObject({
      outcome: 'organic',
      match_type: '',
    })
  })
  it('keeps what helped and whether retargeting won', () => {
    const helped = row([
      touch('own', HOUR, { isRetargeting: true }),
      touch('first', 9 * HOUR, { mediaSource: 'meta_ads' }),
    ])
    expect(helped.is_retargeting).toBe(true)
    expect(JSON.parse(helped.contributors)).toMatchObject([{ touchpoint_id: 'first', media_source: 'meta_ads' }])
    expect(JSON.parse(helped.candidates)).toMatchObject([
      { is_retargeting: true, web_to_app: false, probability: 1 },
      {},
    ])
  })
  it('reads back as it was written, as the body and as the state that the next decision starts from', () => {
    const written = row([blind, touch('old', 8 * 24 * HOUR)])
    const body = decisionBody(written)
    expect(body).toMatchObject({
      outcome: 'attributed',
      match_type: 'probabilistic',
      settles_at: written.settles_at,
      probability: written.probability,
      contributors: [],
    })
    expect(body.winner?.probability).toBe(written.probability)
    expect(decisionState(written).essence).toBe(essence(written))
  })
})

describe('a decision of engine 1', () => {
  const { probability, is_retargeting, settles_at, contributors, ...old } = row([touch('own', HOUR)])
  const { probabilistic_allowed: _, completed_by: _____, ...oldInstall } = stored
  const oldCandidates = (JSON.parse(old.candidates) as Record<string, unknown>[]).map(
    ({ probability: __, web_to_app: ___, is_retargeting: ____, ...one }) => one,
  )
  const exported = { ...old, install: JSON.stringify(oldInstall), candidates: JSON.stringify(oldCandidates) }

  it('still reads: nothing was guessed and nothing helped', () => {
    const body = decisionBody({ ...exported, probability: 1, is_retargeting: false, settles_at, contributors: '' })
    expect(body.winner).toMatchObject({ probability: 1, web_to_app: false, is_retargeting: false })
    expect(body.contributors).toEqual([])
    expect(storedInstallSchema.parse(oldInstall).probabilistic_allowed).toBe(true)
  })
  it('still imports, with what the new columns would have said', () => {
    expect(importedDecisionRow(tenant, exported)).toMatchObject({
      probability,
      is_retargeting,
      contributors,
      settles_at,
      candidates: exported.candidates,
    })
    const organic = row([])
    const { probability: __, ...without } = organic
    expect(importedDecisionRow(tenant, without).probability).toBe(0)
  })
})

describe('an import of a decision of this engine', () => {
  const retargeted = row([
    touch('own', HOUR, { isRetargeting: true }),
    touch('b', 2 * HOUR, { mediaSource: 'meta_ads' }),
  ])
  it('gives the same row again', () => {
    expect(importedDecisionRow(tenant, retargeted)).toEqual(retargeted)
  })
  it('reads flags and numbers as text, as a CSV writes them', () => {
    const csv = { ...retargeted, is_retargeting: 'true', probability: '1', settles_at: '2026-10-26 10:00:02.000' }
    expect(importedDecisionRow(tenant, csv)).toEqual(retargeted)
  })
  it('refuses a probability over 1', () => {
    expect(() => importedDecisionRow(tenant, { ...retargeted, probability: 1.5 })).toThrow('probability')
  })
})
