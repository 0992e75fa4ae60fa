import { expect, it } from 'vitest'
import { KEPT, type LiveRow, mergeLive } from './use-live-events.ts'

const row = (eventId: string): LiveRow => ({
  eventId,
  eventName: 'purchase',
  eventTime: '2026-10-01T00:00:00.000Z',
  receivedAt: '2026-10-01T00:00:00.000Z',
  deviceId: 'd',
  platform: 'ios',
  country: '',
  revenue: null,
  currency: '',
  environment: 'production',
  isLate: false,
})
const ids = (rows: LiveRow[]) => rows.map(({ eventId }) => eventId)

it('puts what came last first and shows each event once', () => {
  expect(ids(mergeLive([row('c'), row('b')], [row('b'), row('a')]))).toEqual(['c', 'b', 'a'])
})

it('keeps the newest rows when there are too many', () => {
  const known = Array.from({ length: KEPT }, (_, index) => row(`old-${index}`))
  const merged = mergeLive([row('new')], known)
  expect(merged).toHaveLength(KEPT)
  expect(ids(merged)[0]).toBe('new')
})
