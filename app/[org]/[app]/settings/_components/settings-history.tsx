'use client'
import { useEffect, useState } from 'react'
import { settingsFieldWords, settingsValueWords } from '#app/_lib/attribution/settings-words.ts'
import { useApp } from '#app/_lib/console.tsx'
import { formatDateTime } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { cx } from '#app/_ui/cx.ts'

type Version = Outputs['attribution']['settings']['versions'][number]

/** Versions shown at once; older ones come by a press, and by a decision's link. */
const SHOWN = 10

/**
 * The version that an install of `now` is decided under: the newest whose date has come.
 * @param versions newest first
 */
export function versionInForce(versions: readonly Version[], now: number): Version | undefined {
  return versions.find(({ effectiveFrom }) => effectiveFrom === null || Date.parse(effectiveFrom) <= now)
}

/**
 * Every version with its author, its time, from when it holds and what it changed; newest first. Marks the one that the
 * address names (`#settings-3`), as decisions link to it. Only for the browser, after the versions were loaded.
 */
export function SettingsHistory({ versions, now }: { versions: readonly Version[]; now: number }) {
  const { timezone } = useApp()
  const [linked] = useState(() => Number(/^#settings-(\d+)$/.exec(window.location.hash)?.[1] ?? Number.NaN))
  const [all, setAll] = useState(() => versions.slice(SHOWN).some(({ version }) => version === linked))
  // The browser looked for the anchor before the versions were loaded.
  useEffect(() => {
    if (Number.isInteger(linked)) document.getElementById(`settings-${linked}`)?.scrollIntoView()
  }, [linked])
  const inForce = versionInForce(versions, now)?.version
  const words = (field: string, value: Version['changes'][number]['from']) => settingsValueWords(field, value, timezone)
  return (
    <section aria-label="Versions">
      <h3 className="pb-2 text-sm font-semibold">Versions</h3>
      <ol className="flex flex-col">
        {(all ? versions : versions.slice(0, SHOWN)).map((one) => (
          <li
            key={one.version}
            id={`settings-${one.version}`}
            className={cx('scroll-mt-16 border-t border-line py-2 text-sm', one.version === linked && 'bg-accent-soft')}
          >
            <p className="flex flex-wrap items-center gap-x-2">
              <span className="font-medium">Version {one.version}</span>
              {one.version === inForce && <Badge tone="positive">In force</Badge>}
              {one.effectiveFrom && Date.parse(one.effectiveFrom) > now && (
                <Badge tone="accent">Not yet in force</Badge>
              )}
              <span className="text-muted">
                {formatDateTime(one.createdAt, timezone)}
                {one.author ? ` by ${one.author}` : ''}
              </span>
            </p>
            {one.effectiveFrom && (
              <p className="text-muted">
                Holds for installs from <span className="text-ink">{formatDateTime(one.effectiveFrom, timezone)}</span>{' '}
                on.
              </p>
            )}
            {one.changes.length === 0 ? (
              <p className="text-muted">
                {(['clickLookbackMs', 'viewLookbackMs', 'probabilisticWindowMs', 'reinstallWindowMs'] as const)
                  .map((field) => `${settingsFieldWords(field)} ${words(field, one[field])}`)
                  .join(', ')}
                .
              </p>
            ) : (
              <dl>
                {one.changes
                  // The date stands above; alone it is the whole change.
                  .filter(({ field }, _, every) => field !== 'effectiveFrom' || every.length === 1)
                  .map((change) => (
                    <div key={change.field} className="flex flex-wrap gap-x-2 break-words">
                      <dt className="text-muted">{settingsFieldWords(change.field)}:</dt>
                      <dd>
                        <del className="text-muted">{words(change.field, change.from)}</del> <span aria-hidden>→</span>{' '}
                        <ins className="no-underline">{words(change.field, change.to)}</ins>
                      </dd>
                    </div>
                  ))}
              </dl>
            )}
          </li>
        ))}
      </ol>
      {!all && versions.length > SHOWN && (
        <Button size="sm" onClick={() => setAll(true)}>
          Show {versions.length - SHOWN} earlier
        </Button>
      )}
    </section>
  )
}
