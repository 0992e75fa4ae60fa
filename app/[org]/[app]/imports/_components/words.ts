import type { Outputs } from '#app/_lib/trpc/types.ts'

export type ImportRow = Outputs['imports']['list'][number]

/** A status in one word, with the tone of its badge. */
export function statusOf(row: Pick<ImportRow, 'status' | 'cancelling'>): {
  word: string
  tone: 'neutral' | 'accent' | 'positive' | 'negative' | 'warning'
} {
  if (row.cancelling && row.status === 'running') return { word: 'Stopping', tone: 'warning' }
  switch (row.status) {
    case 'ready':
      return { word: 'Not started', tone: 'neutral' }
    case 'queued':
      return { word: 'Waiting', tone: 'accent' }
    case 'running':
      return { word: 'Running', tone: 'accent' }
    case 'done':
      return { word: 'Done', tone: 'positive' }
    case 'failed':
      return { word: 'Failed', tone: 'negative' }
    default:
      return { word: 'Cancelled', tone: 'warning' }
  }
}

/** Whether an import changes by itself. */
export const isActive = (row: Pick<ImportRow, 'status'>): boolean => row.status === 'queued' || row.status === 'running'

/** Why an import has no count of rows that were there before. */
export const uncounted = (row: Pick<ImportRow, 'status'>): string =>
  row.status === 'done' ? 'not known: the loaders were too far behind' : 'counted at the end'

export const FORMAT_WORDS: Record<ImportRow['format'], string> = {
  appsflyer: 'AppsFlyer raw data',
  csv: 'CSV',
  ndjson: 'NDJSON',
  parquet: 'Parquet',
}

export const KIND_WORDS: Record<ImportRow['kind'], string> = {
  events: 'Events',
  touchpoints: 'Touchpoints',
  decisions: 'Decisions',
}

/** A size with at most one digit after the point. */
export function bytesWords(bytes: number): string {
  const units = ['bytes', 'KB', 'MB', 'GB']
  let size = bytes
  let unit = 0
  while (size >= 1000 && unit < units.length - 1) {
    size /= 1000
    unit += 1
  }
  return `${unit === 0 ? size : Math.round(size * 10) / 10} ${units[unit]}`
}

/** Rows a second between two looks at a running import; null while there are not two. */
export function rateOf(
  before: { rowsDone: number; at: number } | undefined,
  now: { rowsDone: number; at: number },
): number | null {
  if (!before || now.at <= before.at || now.rowsDone < before.rowsDone) return null
  return Math.round((now.rowsDone - before.rowsDone) / ((now.at - before.at) / 1000))
}
