'use client'
import { createTRPCContext } from '@trpc/tanstack-react-query'
import type { AppRouter } from '#server/router.ts'

/**
 * The typed client. In a component: `const trpc = useTRPC()`, then
 * `useQuery(trpc.links.list.queryOptions({ org, app }))` or `useMutation(trpc.links.create.mutationOptions())`.
 */
export const { TRPCProvider, useTRPC, useTRPCClient } = createTRPCContext<AppRouter>()
