'use client'
import { useEffect, useRef, useState } from 'react'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import type { Inputs, Outputs } from '#app/_lib/trpc/types.ts'

export type LiveRow = Outputs['events']['live']['rows'][number]
export type LiveFilters = NonNullable<Inputs['events']['live']['filters']>

/** Rows kept in the list; older ones fall out at the end. */
export const KEPT = 500
const FIRST = 100
const POLL_MS = 1_000
const POLL_AFTER_ERROR_MS = 5_000

export interface LiveEvents {
  /** Newest first; undefined until the first answer. */
  rows: readonly LiveRow[] | undefined
  /** Ids of rows that came with the last answer, to mark them. */
  fresh: ReadonlySet<string>
  /** The last answer failed; the list keeps what it had and tries on. */
  error: unknown
  retry: () => void
}

/** New rows before old ones, each event once, at most `KEPT`. */
export function mergeLive(fresh: readonly LiveRow[], known: readonly LiveRow[]): LiveRow[] {
  const seen = new Set(fresh.map(({ eventId }) => eventId))
  return [...fresh, ...known.filter(({ eventId }) => !seen.has(eventId))].slice(0, KEPT)
}

/**
 * Asks for new events each second while the page is visible and not paused. Answers are strictly one after the other, so
 * that a slow server is not asked faster than it answers.
 * @param scope organization and app slugs
 * @param filters a change begins the list anew
 */
export function useLiveEvents(scope: { org: string; app: string }, filters: LiveFilters, paused: boolean): LiveEvents {
  const client = useTRPCClient()
  const key = JSON.stringify([scope, filters])
  const [state, setState] = useState<{
    key: string
    rows?: readonly LiveRow[]
    fresh: ReadonlySet<string>
    error: unknown
  }>({ key, fresh: new Set(), error: null })
  const [attempt, setAttempt] = useState(0)
  const cursor = useRef<{ key: string; after: string | undefined }>({ key, after: undefined })

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks again at once
  useEffect(() => {
    if (paused) return
    if (cursor.current.key !== key) cursor.current = { key, after: undefined }
    const [input, given] = JSON.parse(key) as [typeof scope, LiveFilters]
    const abort = new AbortController()
    let timer: ReturnType<typeof setTimeout> | undefined
    const next = (ms: number) => {
      if (!abort.signal.aborted) timer = setTimeout(poll, ms)
    }
    const poll = async () => {
      if (document.hidden) return next(POLL_MS)
      const { after } = cursor.current
      try {
        const answer = await client.events.live.query(
          {
            ...input,
            limit: after === undefined ? FIRST : KEPT,
            filters: given,
            ...(after === undefined ? {} : { after }),
          },
          { signal: abort.signal },
        )
        if (abort.signal.aborted) return
        cursor.current = { key, after: answer.cursor ?? undefined }
        setState((before) => {
          const known = before.key === key && after !== undefined ? (before.rows ?? []) : []
          const ids = new Set(known.map(({ eventId }) => eventId))
          const fresh = after === undefined ? [] : answer.rows.filter(({ eventId }) => !ids.has(eventId))
          if (before.key === key && before.rows && fresh.length === 0 && after !== undefined && !before.error)
            return before
          return {
            key,
            rows: mergeLive(answer.rows, known),
            fresh: new Set(fresh.map(({ eventId }) => eventId)),
            error: null,
          }
        })
        next(POLL_MS)
      } catch (error) {
        if (abort.signal.aborted) return
        setState((before) => ({ key, rows: before.key === key ? before.rows : undefined, fresh: new Set(), error }))
        next(POLL_AFTER_ERROR_MS)
      }
    }
    void poll()
    return () => {
      abort.abort()
      clearTimeout(timer)
    }
  }, [key, paused, attempt, client])

  const own = state.key === key
  return {
    rows: own ? state.rows : undefined,
    fresh: own ? state.fresh : new Set(),
    error: own ? state.error : null,
    retry: () => setAttempt((count) => count + 1),
  }
}
