import { Download, Eye, MousePointerClick, Send, Smartphone } from 'lucide-react'
import type { ReactNode } from 'react'
import { formatDateTime } from '#app/_lib/format.ts'
import { cx } from '#app/_ui/cx.ts'
import { type Decision, durationWords, fateWords } from '../../_components/words.ts'

interface Moment {
  key: string
  at: string
  icon: ReactNode
  title: string
  detail: string
  tone: 'won' | 'lost' | 'fact'
}

/** A device's clock may run ahead of ours, and then the event arrives before it happened. */
function arrivalWords(delayMs: number): string {
  if (Math.abs(delayMs) < 1000) return 'At once'
  return delayMs > 0 ? `${durationWords(delayMs)} later` : `The device’s clock is ${durationWords(delayMs)} ahead.`
}

/** Everything known about the way to an install, oldest first. */
function moments({ candidates, install }: Pick<Decision, 'candidates' | 'install'>): Moment[] {
  const touches = candidates.map((one): Moment => {
    const won = one.eligible && one.rank === 1
    return {
      key: one.touchpoint_id,
      at: one.touchpoint_time,
      icon: one.touchpoint_type === 'click' ? <MousePointerClick /> : <Eye />,
      title: `${one.touchpoint_type === 'click' ? 'Click' : 'View'} from ${one.media_source}`,
      detail: `${one.campaign ? `${one.campaign}. ` : ''}${fateWords(one)}`,
      tone: won ? 'won' : 'lost',
    }
  })
  const fact = (key: string, at: string | null, icon: ReactNode, title: string, detail = ''): Moment[] =>
    at === null ? [] : [{ key, at, icon, title, detail, tone: 'fact' }]
  return [
    ...touches,
    ...fact(
      'referrer_click',
      install.referrer_click_time_server ?? install.referrer_click_time,
      <MousePointerClick />,
      'Sent to the store, as the store reports it',
    ),
    ...fact(
      'begin',
      install.install_begin_time_server ?? install.install_begin_time,
      <Download />,
      'Download began, as the store reports it',
    ),
    ...fact('install', install.install_time, <Smartphone />, 'First opened: the install', install.country ?? ''),
    ...fact(
      'received',
      install.received_at,
      <Send />,
      'Install event arrived',
      arrivalWords(Date.parse(install.received_at) - Date.parse(install.install_time)),
    ),
  ].sort((a, b) => Date.parse(a.at) - Date.parse(b.at))
}

/**
 * Touchpoints and the install on one line of time, oldest first. The winner is marked by word and colour.
 * @param timeZone the app's IANA zone
 */
export function Timeline({
  decision,
  timeZone,
}: {
  decision: Pick<Decision, 'candidates' | 'install'>
  timeZone: string
}) {
  return (
    <ol className="flex flex-col">
      {moments(decision).map((one) => (
        <li
          key={one.key}
          className="relative flex gap-3 pb-4 last:pb-0 [&:not(:last-child)]:before:absolute [&:not(:last-child)]:before:top-7 [&:not(:last-child)]:before:bottom-0 [&:not(:last-child)]:before:left-3.5 [&:not(:last-child)]:before:w-px [&:not(:last-child)]:before:bg-line"
        >
          <span
            aria-hidden
            className={cx(
              'z-10 flex size-7 shrink-0 items-center justify-center rounded-full [&_svg]:size-4',
              one.tone === 'won'
                ? 'bg-positive-soft text-positive'
                : one.tone === 'fact'
                  ? 'bg-accent-soft text-accent-ink'
                  : 'bg-hover text-faint',
            )}
          >
            {one.icon}
          </span>
          <span className="min-w-0 flex-1">
            <span className="flex flex-wrap items-baseline justify-between gap-x-4">
              <span className="font-medium">{one.title}</span>
              <time dateTime={one.at} className="text-xs text-muted">
                {formatDateTime(one.at, timeZone)}
              </time>
            </span>
            {one.detail && <span className="block text-sm break-words text-muted">{one.detail}</span>}
          </span>
        </li>
      ))}
    </ol>
  )
}
