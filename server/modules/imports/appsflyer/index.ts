import { AppError } from '#server/platform/errors.ts'
import { CellRefusal, cellsOf, columnKey } from './cells.ts'
import { decisionOf, type ImportedDecision } from './decision.ts'
import { eventOf } from './event.ts'
import { isInstall, reportOf } from './report.ts'
import { contributorsOf, touchOf } from './touch.ts'

export type { ImportedDecision } from './decision.ts'

/** The app that a file's rows are for. */
export interface AppsflyerApp {
  platform: 'ios' | 'android' | 'web'
}

/** What one row of AppsFlyer's raw data becomes. */
export interface AppsflyerRow {
  /** The event as JSON on one line. */
  item?: string
  /** The touchpoints that the row names, as JSON on one line each. */
  touchpoints?: readonly string[]
  /** AppsFlyer's verdict; for rows that bring a device to the app. */
  decision?: ImportedDecision
  refusal?: { code: string; field: string; message: string }
}

/**
 * Makes the reader of an AppsFlyer raw-data file: its 81 columns and whatever further ones an account appends, known by
 * name. Source: the field's page on raw data, section 2d.
 * @throws AppError invalid when a column is absent without which no row means anything
 */
export function appsflyerReader(
  columns: readonly string[],
  { app }: { app: AppsflyerApp },
): (cells: readonly string[]) => AppsflyerRow {
  const keys = columns.map(columnKey)
  for (const name of ['AppsFlyer ID', 'Event Name', 'Event Time']) {
    if (keys.includes(columnKey(name))) continue
    throw new AppError('invalid', `Line 1 lacks the column "${name}" of AppsFlyer's raw data.`, { field: name })
  }
  return (values) => {
    const cells = cellsOf(keys, values)
    try {
      const event = eventOf(cells, app.platform)
      const report = reportOf(cells)
      if (!isInstall(report) && report !== 're_engagement') return { item: JSON.stringify(event) }
      const touch = touchOf(cells)
      if (touch) event.click_id = touch.touchpoint_id
      const touches = [...(touch ? [touch] : []), ...contributorsOf(cells)].map((one) => JSON.stringify(one))
      const known = { item: JSON.stringify(event), touchpoints: touches }
      return isInstall(report) ? { ...known, decision: decisionOf(cells, event) } : known
    } catch (error) {
      if (!(error instanceof CellRefusal)) throw error
      const { code, field, message } = error
      return { refusal: { code, field, message } }
    }
  }
}
