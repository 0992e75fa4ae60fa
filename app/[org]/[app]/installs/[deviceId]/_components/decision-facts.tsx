import Link from 'next/link'
import type { ReactNode } from 'react'
import { settingsFieldWords, settingsValueWords } from '#app/_lib/attribution/settings-words.ts'
import { formatDateTime } from '#app/_lib/format.ts'
import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Card } from '#app/_ui/card.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import type { Decision } from '../../_components/words.ts'

const RULES = [
  ['click_lookback_ms', 'clickLookbackMs'],
  ['view_lookback_ms', 'viewLookbackMs'],
  ['probabilistic_enabled', 'probabilisticEnabled'],
  ['probabilistic_window_ms', 'probabilisticWindowMs'],
  ['reinstall_window_ms', 'reinstallWindowMs'],
  ['model', 'model'],
] as const

const SOURCE_RULES = [
  ['click_lookback_ms', 'clickLookbackMs'],
  ['view_lookback_ms', 'viewLookbackMs'],
  ['probabilistic_window_ms', 'probabilisticWindowMs'],
  ['view_through_enabled', 'viewThroughEnabled'],
  ['probabilistic_enabled', 'probabilisticEnabled'],
] as const

function Facts({ rows }: { rows: readonly (readonly [label: ReactNode, value: ReactNode, key: string])[] }) {
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
      {rows.map(([label, value, key]) => (
        <div key={key} className="contents">
          <dt className="text-muted">{label}</dt>
          <dd className="break-words">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

/** When and by what it was decided, from when on it stands, and the rules that it followed. */
export function DecisionFacts({
  decision,
  timeZone,
  settingsHref,
}: {
  decision: Decision
  timeZone: string
  /** The page that lists the versions. */
  settingsHref: string
}) {
  const { settings } = decision
  const own = Object.entries(settings?.per_media_source ?? {}).flatMap(([name, rules]) =>
    SOURCE_RULES.flatMap(([field, ours]) => {
      const value = rules[field]
      const key = `perMediaSource.${name}.${ours}`
      return value === undefined
        ? []
        : [[settingsFieldWords(key), settingsValueWords(key, value, timeZone), key] as const]
    }),
  )
  return (
    <Card title="Decision">
      <Facts
        rows={[
          ['Decided', formatDateTime(decision.decidedAt, timeZone), 'decided'],
          [
            <Definition key="settles" term={GLOSSARY.settled}>
              Settles
            </Definition>,
            formatDateTime(decision.settlesAt, timeZone),
            'settles',
          ],
          [
            'Settings',
            settings ? (
              <Link key="settings" className="ui-link" href={`${settingsHref}#settings-${decision.settingsVersion}`}>
                Version {decision.settingsVersion}
              </Link>
            ) : (
              'Another product’s'
            ),
            'settings',
          ],
          ['Engine', decision.engineVersion, 'engine'],
          [
            'Id',
            <code key="id" className="font-mono text-xs break-all">
              {decision.decisionId}
            </code>,
            'id',
          ],
        ]}
      />
      {settings && (
        <details className="mt-3">
          <summary className="cursor-pointer text-sm font-medium">Rules of version {settings.version}</summary>
          <div className="mt-2">
            <Facts
              rows={[
                ...RULES.map(
                  ([field, ours]) =>
                    [settingsFieldWords(ours), settingsValueWords(ours, settings[field], timeZone), field] as const,
                ),
                [
                  settingsFieldWords('priorities'),
                  settingsValueWords('priorities', settings.priorities.join(', '), timeZone),
                  'priorities',
                ],
                ...own,
              ]}
            />
          </div>
        </details>
      )}
    </Card>
  )
}
