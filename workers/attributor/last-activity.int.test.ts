import { describe, expect, it } from 'vitest'
import { useStores } from '#e2e/fixtures/stores.ts'
import { click, DAY, decisionsOf, HOUR, install, NOW, session, tenant, World } from './testing/world.ts'

const stores = useStores()
const ids = { advertising_id: '6f1c9f60-1111-4222-8333-444455556666' }
const retargeting = click('r1', NOW - HOUR, { ...ids, is_retargeting: true, media_source: 'retargeter' })
const late = { received_at: new Date(NOW + 2 * DAY).toISOString() }

/** An app whose device `old` had it 20 days before NOW. */
function world(name: string) {
  const of = tenant(`last-activity-${name}`)
  const one = new World(stores.clickhouse, `log-last-activity-${name}`)
  const decided = async () => {
    const all = await decisionsOf(stores.clickhouse, of)
    return all.filter(({ device_id }) => device_id === 'new').map((row) => [row.version, row.conversion_type])
  }
  return { of, one, decided, load: (rows: Parameters<World['load']>[1]) => one.load(of, rows) }
}
const earlier = install('old', NOW - 20 * DAY, ids)
const reinstalled = install('new', NOW, ids)
const active = (agoDays: number, more = {}) => session('old', NOW - agoDays * DAY, { ...ids, ...more })

describe('a reinstall that a retargeting click won', () => {
  it('is a re-attribution of a device that was silent for the inactivity window', async () => {
    const { one, load, decided } = world('silent')
    await load([earlier, active(8), retargeting, reinstalled])
    await one.follow()
    expect(await decided()).toEqual([[1, 'reattribution']])
  })

  it('is a reinstall of one that was active within it, known in the same batch, with the reason', async () => {
    const { of, one, load, decided } = world('active')
    await load([earlier, active(2), retargeting, reinstalled])
    await one.follow()
    expect(await decided()).toEqual([[1, 'reinstall']])
    const [row] = (await decisionsOf(stores.clickhouse, of)).filter(({ device_id }) => device_id === 'new')
    expect(row).toMatchObject({ outcome: 'attributed', touchpoint_id: 'r1' })
    expect(JSON.parse(row?.rule_hits ?? '')).toContainEqual({
      rule: 'active_before_reinstall',
      touchpoint_id: 'r1',
      value: String(2 * DAY),
    })
  })

  it('goes by the older device’s activity up to the reinstall, not after it and not in the sandbox', async () => {
    const { one, load, decided } = world('bounds')
    await load([earlier, active(-1), active(1, { environment: 'sandbox' }), retargeting, reinstalled])
    await one.follow()
    expect(await decided()).toEqual([[1, 'reattribution']])
  })

  it('becomes a reinstall when activity arrives late, and nothing is written for what is known', async () => {
    const { one, load, decided } = world('late')
    await load([earlier, retargeting, reinstalled])
    await one.follow()
    await load([active(3)])
    expect(await one.follow()).toMatchObject({ redecided: 1 })
    expect(await decided()).toEqual([
      [1, 'reattribution'],
      [2, 'reinstall'],
    ])
    expect(await one.follow('beginning')).toMatchObject({ decided: 0, redecided: 0 })
  })

  it('stays what it was when activity arrives after it settled, also when its click’s id comes then', async () => {
    const { one, load, decided } = world('settled')
    await load([earlier, retargeting, reinstalled])
    await one.follow()
    await load([active(3, late)])
    expect(await one.follow()).toMatchObject({ redecided: 0 })
    await load([{ ...reinstalled, id: 'again', more: { ...reinstalled.more, click_id: 'r1', ...late } }])
    expect(await one.follow()).toMatchObject({ redecided: 1 })
    expect(await decided()).toEqual([
      [1, 'reattribution'],
      [2, 'reattribution'],
    ])
  })

  it('is judged by what had arrived until it settled, also by an attributor that comes to it only after that', async () => {
    const { one, load, decided } = world('behind')
    await load([earlier, active(8), retargeting, reinstalled])
    await load([active(3, late)])
    await one.follow()
    expect(await decided()).toEqual([[1, 'reattribution']])
  })

  it('comes out the same when the retargeting click arrives last', async () => {
    const { one, load, decided } = world('click-last')
    await load([earlier, active(3), reinstalled])
    await one.follow()
    await load([retargeting])
    await one.follow()
    expect(await decided()).toEqual([
      [1, 'reinstall'],
      [2, 'reinstall'],
    ])
  })

  it('asks another tenant’s devices nothing', async () => {
    const { one, load, decided } = world('tenants')
    await one.load(tenant('last-activity-other'), [active(1)])
    await load([earlier, retargeting, reinstalled])
    await one.follow()
    expect(await decided()).toEqual([[1, 'reattribution']])
  })
})
