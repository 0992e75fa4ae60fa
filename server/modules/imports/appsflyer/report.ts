import type { Cells } from './cells.ts'

/** What a row is about. AppsFlyer has a report for each; the rows say it themselves, so that mixed files work too. */
export type Report = 'install' | 'reinstall' | 're_attribution' | 're_engagement' | 'blocked' | 'event'

const BY_NAME: ReadonlyMap<string, Report> = new Map([
  ['install', 'install'],
  ['reinstall', 'reinstall'],
  ['re_attribution', 're_attribution'],
  ['reattribution', 're_attribution'],
  ['re_engagement', 're_engagement'],
  ['reengagement', 're_engagement'],
])

/** Columns that say AppsFlyer did not count the row: blocked at once, rejected by a validation rule, fraud found later. */
const NOT_COUNTED = ['blocked_reason', 'rejected_reason', 'fraud_reason'] as const

/** Why AppsFlyer did not count the row; undefined for a row that counts. */
export function notCounted(cells: Cells): string | undefined {
  const column = NOT_COUNTED.find((name) => cells.has(name))
  return column === undefined ? undefined : cells.get(column)
}

/** Which report a row belongs to. */
export function reportOf(cells: Cells): Report {
  if (notCounted(cells) !== undefined) return 'blocked'
  const name = (cells.get('event_name') ?? '').toLowerCase().replaceAll(/[\s-]/g, '_')
  return BY_NAME.get(name) ?? 'event'
}

/** Whether the row brings a device to the app, with the touchpoint that AppsFlyer says it came from. */
export const isInstall = (report: Report): boolean =>
  report === 'install' || report === 'reinstall' || report === 're_attribution'
