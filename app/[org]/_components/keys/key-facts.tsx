'use client'
import { formatAgo, formatDateTime } from '#app/_lib/format.ts'
import { type KeyState, type KeyTimes, keyState } from '#app/_lib/key-state.ts'
import { Badge } from '#app/_ui/badge.tsx'

const WORDS: Record<KeyState, { word: string; tone: 'positive' | 'warning' | 'neutral' }> = {
  active: { word: 'Active', tone: 'positive' },
  ending: { word: 'Ends', tone: 'warning' },
  rotated: { word: 'Rotated', tone: 'neutral' },
  expired: { word: 'Expired', tone: 'neutral' },
  revoked: { word: 'Revoked', tone: 'neutral' },
}

/** Whether a key works, and until when. */
export function KeyStateBadge({ of, timezone }: { of: KeyTimes; timezone: string }) {
  const state = keyState(of, Date.now())
  const { word, tone } = WORDS[state]
  const when = state === 'revoked' ? of.revokedAt : state === 'active' ? null : of.expiresAt
  return (
    <Badge tone={tone}>
      {state === 'ending' && of.replacedBy ? 'Rotated, works until' : word}
      {when && ` ${formatDateTime(when, timezone)}`}
    </Badge>
  )
}

/** When a key was used last, as an age; the moment itself on hover. */
export function LastUsed({ at, timezone }: { at: Date | null; timezone: string }) {
  if (!at) return <span className="text-faint">Never used</span>
  return (
    <time dateTime={at.toISOString()} title={formatDateTime(at, timezone)}>
      {formatAgo(at, Date.now())}
    </time>
  )
}
