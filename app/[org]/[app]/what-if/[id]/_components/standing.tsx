import { formatNumber } from '#app/_lib/format.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Card } from '#app/_ui/card.tsx'
import { ProgressBar } from '#app/_ui/progress-bar.tsx'
import { interruptedWords, isActive, type ReplayRow, shareOf } from '../../_components/words.ts'

type Row = Pick<ReplayRow, 'name' | 'status' | 'error' | 'attempts' | 'installsTotal' | 'installsDone'>

/** How far a what-if is, or why it has no result; nothing of one that ended well. */
export function Standing({ row }: { row: Row }) {
  const interrupted = interruptedWords(row)
  if (isActive(row))
    return (
      <>
        <Progress row={row} />
        {interrupted && <Notice tone="warning">{interrupted}</Notice>}
      </>
    )
  if (row.status === 'failed')
    return (
      <Notice tone="negative" title="It failed.">
        {row.error}
      </Notice>
    )
  return row.status === 'cancelled' ? <Notice>It was cancelled before its end and has no result.</Notice> : null
}

function Progress({ row }: { row: Row }) {
  const counted = row.installsTotal > 0
  return (
    <Card>
      <p aria-live="polite" className="pb-2 text-sm">
        {row.status === 'queued'
          ? 'It waits for its turn.'
          : counted
            ? `${formatNumber(row.installsDone)} of ${formatNumber(row.installsTotal)} installs are decided.`
            : 'The installs of the period are being copied …'}
      </p>
      <ProgressBar label={`Progress of ${row.name}`} share={shareOf(row)} />
      <p className="pt-2 text-xs text-muted">You can leave this page; it goes on.</p>
    </Card>
  )
}
