import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { completeInstall } from './complete-install.ts'
import { type StoredInstall, storedInstallSchema } from './schema.ts'

const NOW = Date.UTC(2026, 10, 1)
const MINUTE = 60_000
const SETTLES = NOW + 24 * 60 * MINUTE
const iso = (ms: number) => new Date(ms).toISOString()

const absent = Object.fromEntries(
  Object.entries(storedInstallSchema.shape).flatMap(([field, schema]) =>
    schema.safeParse(undefined).success ? [] : [[field, null]],
  ),
) as unknown as StoredInstall
const install = (event: string, minutes: number, more: Partial<StoredInstall> = {}): StoredInstall => ({
  ...absent,
  event_id: event,
  device_id: 'device-1',
  install_time: iso(NOW + minutes * MINUTE),
  received_at: iso(NOW + minutes * MINUTE),
  platform: 'android',
  environment: 'production',
  probabilistic_allowed: true,
  completed_by: [],
  ...more,
})
const referrer = (id: string) => ({
  install_referrer: `click_id=${id}`,
  referrer_click_id: id,
  referrer_click_time: iso(NOW - MINUTE),
})
const first = install('first', 0, { idfv: 'V' })

describe('an install that a second event completes', () => {
  it('takes over the referrer with its times, and stays the install it was', () => {
    const full = completeInstall(first, install('second', 1, { ...referrer('c1'), os_version: '15' }), SETTLES)
    expect(full).toEqual({
      ...first,
      ...referrer('c1'),
      completed_by: [{ field: 'install_referrer', event_id: 'second', install_time: iso(NOW + MINUTE) }],
    })
    expect(storedInstallSchema.parse(full)).toEqual(full)
  })
  it('keeps what it has itself', () => {
    const own = install('first', 0, { ...referrer('own'), click_id: 'own' })
    expect(completeInstall(own, install('second', 1, { ...referrer('c1'), click_id: 'c1' }), SETTLES)).toBe(own)
  })
  it.each([
    ['tells nothing more', install('second', 1)],
    ['is of another device', install('second', 1, { ...referrer('c1'), device_id: 'device-2' })],
    ['is of the sandbox', install('second', 1, { ...referrer('c1'), environment: 'sandbox' })],
  ])('is the very same where the other event %s', (_, other) => {
    expect(completeInstall(first, other, SETTLES)).toBe(first)
  })
  it('is the very same when the event comes again', () => {
    const second = install('second', 1, referrer('c1'))
    const full = completeInstall(first, second, SETTLES)
    expect(completeInstall(full, second, SETTLES)).toBe(full)
    expect(completeInstall(full, first, SETTLES)).toBe(full)
  })
  it('takes what names the click however late, and ids of the device only until the decision settles', () => {
    const late = install('late', 1, { ...referrer('c1'), advertising_id: 'gaid', received_at: iso(SETTLES + 1) })
    expect(completeInstall(first, late, SETTLES)).toMatchObject({ referrer_click_id: 'c1', advertising_id: null })
    const inTime = { ...late, received_at: iso(SETTLES) }
    expect(completeInstall(first, inTime, SETTLES)).toMatchObject({ referrer_click_id: 'c1', advertising_id: 'gaid' })
  })
})

it('whatever the order in which a device’s events come, the install is the same', () => {
  const text = (...values: string[]) => fc.constantFrom(null, ...values)
  const events = fc
    .uniqueArray(fc.integer({ min: 0, max: 5 }), { minLength: 2, maxLength: 5 })
    .chain((minutes) =>
      fc.tuple(
        ...minutes.map((minute) =>
          fc
            .record({ link: text('a', 'b'), click_id: text('c'), advertising_id: text('g', 'h'), idfv: text('v') })
            .map(({ link, ...more }) => install(`e${minute}`, minute, { ...more, ...(link ? referrer(link) : {}) })),
        ),
      ),
    )
  const join = (a: StoredInstall, b: StoredInstall) =>
    a.install_time < b.install_time ? completeInstall(a, b, SETTLES) : completeInstall(b, a, SETTLES)
  fc.assert(
    fc.property(
      events.chain((list) =>
        fc.tuple(fc.constant(list), fc.shuffledSubarray(list, { minLength: list.length, maxLength: list.length })),
      ),
      ([list, shuffled]) => {
        expect(shuffled.reduce((a, b) => join(a, b))).toEqual(list.reduce((a, b) => join(a, b)))
      },
    ),
    { numRuns: 1_000 },
  )
})
