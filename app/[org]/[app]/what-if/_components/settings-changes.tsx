import { settingsFieldWords, settingsValueWords } from '#app/_lib/attribution/settings-words.ts'
import type { ReplayRow } from './words.ts'

/** What a what-if tries otherwise than the settings that it was made from. */
export function SettingsChanges({ row }: { row: Pick<ReplayRow, 'changes' | 'timezone' | 'basedOnVersion'> }) {
  if (row.changes.length === 0)
    return <p className="text-sm text-muted">The settings of version {row.basedOnVersion}, unchanged.</p>
  return (
    <ul className="flex flex-col gap-1 text-sm">
      {row.changes.map(({ field, from, to }) => (
        <li key={field}>
          {settingsFieldWords(field)}:{' '}
          <span className="text-muted">{settingsValueWords(field, from, row.timezone)}</span>
          <span aria-hidden> → </span>
          <span className="sr-only"> becomes </span>
          <strong className="font-semibold">{settingsValueWords(field, to, row.timezone)}</strong>
        </li>
      ))}
    </ul>
  )
}
