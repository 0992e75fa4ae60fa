'use client'
import { useQuery } from '@tanstack/react-query'
import { useAppScope } from '#app/_lib/console.tsx'
import { addDays } from '#app/_lib/days.ts'
import { useTRPC } from '#app/_lib/trpc/client.ts'

/** Every media source of the last year, so that each keeps its colour whatever the page shows. */
export function useAllSources(today: string): readonly string[] {
  const trpc = useTRPC()
  const scope = useAppScope()
  const { data } = useQuery(
    trpc.reports.dimensionValues.queryOptions(
      { ...scope, dimension: 'media_source', from: addDays(today, -364), to: addDays(today, 1) },
      { staleTime: 300_000 },
    ),
  )
  return data ?? []
}
