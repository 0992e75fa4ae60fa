import { expect, it } from 'vitest'
import { formatMoney, formatNumber } from '#app/_lib/format.ts'
import { interruptedWords, periodWords, shareOf, signed, statusOf } from './words.ts'

const row = { status: 'done', cancelling: false, kept: false, adoptedVersion: null } as const

it('says what becomes of a result, and that a running one is being cancelled', () => {
  expect(statusOf(row).word).toBe('Done')
  expect(statusOf({ ...row, kept: true }).word).toBe('Kept')
  expect(statusOf({ ...row, status: 'adopted', adoptedVersion: 4 }).word).toBe('Adopted as version 4')
  expect(statusOf({ ...row, status: 'running', cancelling: true }).word).toBe('Cancelling')
})

it('shows a period with its last day, which the address leaves out', () => {
  expect(periodWords({ from: '2026-10-01', to: '2026-11-01' })).toBe('Oct 1 – Oct 31, 2026')
  expect(periodWords({ from: '2026-10-01', to: '2026-10-02' })).toBe('Oct 1, 2026')
})

it('nothing is decided before the installs are counted', () => {
  expect(shareOf({ installsTotal: 0, installsDone: 0 })).toBe(0)
  expect(shareOf({ installsTotal: 200, installsDone: 50 })).toBe(0.25)
})

it('signs a difference, and not one that rounds to nothing', () => {
  expect([12, -3, 0].map((value) => signed(value, formatNumber))).toEqual(['+12', '−3', '0'])
  expect(signed(-0.001, (value) => formatMoney(value, 'USD'))).toBe('$0.00')
})

it('says how often one was interrupted, and nothing of one that goes on well', () => {
  expect(interruptedWords({ attempts: 0 })).toBeNull()
  expect(interruptedWords({ attempts: 1 })).toContain('interrupted once')
  expect(interruptedWords({ attempts: 4 })).toContain('4 times in a row')
})
