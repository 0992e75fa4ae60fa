import type { inferRouterInputs, inferRouterOutputs } from '@trpc/server'
import type { AppRouter } from '#server/router.ts'

/** What procedures take: `Inputs['links']['create']`. */
export type Inputs = inferRouterInputs<AppRouter>
/** What procedures answer: `Outputs['links']['list'][number]`. */
export type Outputs = inferRouterOutputs<AppRouter>
