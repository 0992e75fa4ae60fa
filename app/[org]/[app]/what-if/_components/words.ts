import { addDays } from '#app/_lib/days.ts'
import { formatDay } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'

/** A what-if as lists have it. */
export type ReplayRow = Outputs['replays']['list'][number]

type Tone = 'neutral' | 'accent' | 'positive' | 'negative' | 'warning'

const STATUS_WORDS: Readonly<Record<ReplayRow['status'], { word: string; tone: Tone }>> = {
  queued: { word: 'Waiting', tone: 'neutral' },
  running: { word: 'Running', tone: 'accent' },
  done: { word: 'Done', tone: 'positive' },
  failed: { word: 'Failed', tone: 'negative' },
  cancelled: { word: 'Cancelled', tone: 'neutral' },
  discarded: { word: 'Discarded', tone: 'neutral' },
  adopted: { word: 'Adopted', tone: 'positive' },
}

/** How a what-if stands, in a word. */
export function statusOf({
  status,
  cancelling,
  kept,
  adoptedVersion,
}: Pick<ReplayRow, 'status' | 'cancelling' | 'kept' | 'adoptedVersion'>): { word: string; tone: Tone } {
  if (cancelling && status === 'running') return { word: 'Cancelling', tone: 'neutral' }
  if (status === 'adopted') return { word: `Adopted as version ${adoptedVersion}`, tone: 'positive' }
  if (status === 'done' && kept) return { word: 'Kept', tone: 'positive' }
  return STATUS_WORDS[status]
}

/** Whether it waits or runs, so that looking again soon is worth it. */
export const isActive = ({ status }: Pick<ReplayRow, 'status'>): boolean => status === 'queued' || status === 'running'

/** Whether there is a result to look at. */
export const hasResult = ({ status }: Pick<ReplayRow, 'status'>): boolean => status === 'done' || status === 'adopted'

/** What is said of one whose worker ended before it came any further; null where nothing is to be said. */
export function interruptedWords({ attempts }: Pick<ReplayRow, 'attempts'>): string | null {
  if (attempts === 0) return null
  const times = attempts === 1 ? 'once' : `${attempts} times in a row`
  return `It was interrupted ${times} without coming any further, and is tried again. After 5 times it fails, and what-ifs that were not interrupted go first.`
}

/** How much is decided, from 0 to 1; 0 before the installs were counted. */
export function shareOf({ installsTotal, installsDone }: Pick<ReplayRow, 'installsTotal' | 'installsDone'>): number {
  return installsTotal === 0 ? 0 : installsDone / installsTotal
}

/** A period with its last day included: `Oct 1 – Oct 31, 2026`. */
export function periodWords({ from, to }: Pick<ReplayRow, 'from' | 'to'>): string {
  const last = addDays(to, -1)
  return from === last ? formatDay(from, true) : `${formatDay(from)} – ${formatDay(last, true)}`
}

/** A signed number: +12, −3, 0. */
export function signed(value: number, format: (value: number) => string): string {
  const text = format(Math.abs(value))
  if (value === 0 || !/[1-9]/.test(text)) return format(0)
  return value > 0 ? `+${text}` : `−${text}`
}
