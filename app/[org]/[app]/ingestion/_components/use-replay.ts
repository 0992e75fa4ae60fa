'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useRef, useState } from 'react'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import type { Inputs } from '#app/_lib/trpc/types.ts'

/** Which rejected events are meant, with organization and app. */
export type ReplaySelection = Omit<Inputs['ingestion']['replay'], 'cursor'>

/** What was sent again so far. */
export interface ReplayProgress {
  replayed: number
  accepted: number
  rejected: number
  state: 'running' | 'done' | 'stopped' | 'failed'
  error: unknown
}

const NOTHING = { replayed: 0, accepted: 0, rejected: 0, error: null }

/** Sends all rejected events of a selection again, portion by portion, until it is done, stopped or failed. */
export function useReplay() {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const [progress, setProgress] = useState<ReplayProgress | null>(null)
  const wanted = useRef(false)
  const { mutateAsync } = useMutation(trpc.ingestion.replay.mutationOptions())
  const start = async (selection: ReplaySelection) => {
    wanted.current = true
    let sum: ReplayProgress = { ...NOTHING, state: 'running' }
    setProgress(sum)
    try {
      for (let cursor: string | null | undefined; cursor !== null; ) {
        if (!wanted.current) {
          sum = { ...sum, state: 'stopped' }
          break
        }
        const done = await mutateAsync({ ...selection, ...(cursor ? { cursor } : {}) })
        sum = {
          ...sum,
          replayed: sum.replayed + done.replayed,
          accepted: sum.accepted + done.accepted,
          rejected: sum.rejected + done.rejected,
        }
        setProgress(sum)
        cursor = done.next
      }
      if (sum.state === 'running') sum = { ...sum, state: 'done' }
    } catch (error) {
      sum = { ...sum, state: 'failed', error }
    }
    setProgress(sum)
    await queryClient.invalidateQueries(trpc.events.rejected.pathFilter())
  }
  return {
    progress,
    start,
    /** Ends after the portion under way. */
    stop: () => {
      wanted.current = false
    },
    reset: () => setProgress(null),
  }
}
