'use client'
import { formatNumber, UNKNOWN } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Notice } from '#app/_ui/badge.tsx'
import type { DefinitionText } from '#app/_ui/popover.tsx'
import { Stat, StatRow } from '#app/_ui/stat.tsx'

type Overview = Outputs['ingestion']['overview']
type Health = Outputs['ingestion']['health']

const TERMS = {
  events: {
    title: 'Events',
    description: 'Installs, sessions and in-app events that were accepted and loaded, each once, by when they arrived.',
  },
  touchpoints: {
    title: 'Clicks and views',
    description: 'Touchpoints that were accepted and loaded, by when they arrived.',
  },
  rejected: {
    title: 'Rejected',
    description:
      'Events and touchpoints that could not be accepted as they were. They are kept, with the reason, below.',
  },
  refused: {
    title: 'Refused by a limit',
    description:
      'Sound events that a rate limit or the plan turned away. The sender was told; they are counted, not kept.',
  },
  lag: {
    title: 'Loading behind',
    description: 'Age of the oldest event in the log that cannot be queried yet, over the whole installation.',
  },
  newest: { title: 'Newest event', description: 'How long ago the newest event of this app arrived.' },
} as const satisfies Record<string, DefinitionText>

/** A duration in the largest fitting unit: 240 ms, 3.4 s, 5 min, 2 h, 3 days. */
function formatDuration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 60_000) return `${formatNumber(ms / 1_000, ms < 10_000 ? 1 : 0)} s`
  if (ms < 3_600_000) return `${formatNumber(ms / 60_000)} min`
  if (ms < 48 * 3_600_000) return `${formatNumber(ms / 3_600_000, 1)} h`
  return `${formatNumber(ms / 86_400_000)} days`
}

/** In whole seconds: a fraction of one says nothing here, and a clock that is a little ahead makes no negative age. */
const ageOf = (at: Date | string) => Math.max(1_000, Math.round((Date.now() - new Date(at).getTime()) / 1_000) * 1_000)

/** Key figures of the window, and how far loading is. */
export function HealthStats({ overview, health }: { overview: Overview | undefined; health: Health | undefined }) {
  const totals = overview?.totals
  const lag = health?.lag
  return (
    <StatRow>
      <Stat
        term={TERMS.events}
        value={formatNumber(totals?.events)}
        loading={!totals}
        footer={totals && totals.sandbox > 0 && `${formatNumber(totals.sandbox)} of them sandbox`}
      />
      <Stat term={TERMS.touchpoints} value={formatNumber(totals?.touchpoints)} loading={!totals} />
      <Stat
        term={TERMS.rejected}
        value={formatNumber(totals?.rejected)}
        loading={!totals}
        footer={totals && shareOf(totals.rejected, totals.events + totals.touchpoints)}
      />
      <Stat term={TERMS.refused} value={formatNumber(totals?.refused)} loading={!totals} />
      <Stat
        term={TERMS.lag}
        value={lag?.lagMs == null ? UNKNOWN : lag.lagMs < 1_000 ? 'under 1 s' : formatDuration(lag.lagMs)}
        reason={lag?.state === 'silent' ? 'No loader has reported lately.' : 'No loader has reported yet.'}
        loading={!health}
      />
      <Stat
        term={TERMS.newest}
        value={health?.newestArrival ? `${formatDuration(ageOf(health.newestArrival))} ago` : UNKNOWN}
        reason="No event of this app has been loaded yet."
        loading={!health}
      />
    </StatRow>
  )
}

function shareOf(part: number, accepted: number): string | false {
  if (part === 0) return false
  const share = (part / (part + accepted)) * 100
  return `${share < 0.1 ? 'under 0.1' : formatNumber(share, 1)} % of what arrived`
}

const BEHIND_MS = 60_000

/** Says when what arrives cannot be queried soon, and that nothing is lost. */
export function LoadingNotice({ lag }: { lag: Health['lag'] }) {
  if (lag.state === 'silent')
    return (
      <Notice tone="warning" title="Loading stands still.">
        No loader has reported for {formatDuration(lag.reportedMs ?? 0)}. What arrives is kept in the log and appears
        once a loader runs again; counts below are older. Your operator finds the cause in the loader’s log.
      </Notice>
    )
  if (lag.state === 'running' && lag.lagMs !== null && lag.lagMs >= BEHIND_MS)
    return (
      <Notice tone="warning" title={`Loading is ${formatDuration(lag.lagMs)} behind.`}>
        More arrives than can be loaded at the moment, or the database is slow. Nothing is lost; reports catch up.
      </Notice>
    )
  return null
}
