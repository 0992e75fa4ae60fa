import { router } from '#server/procedure/index.ts'

/** Every module's router, under the module's name. */
export const appRouter = router({})

export type AppRouter = typeof appRouter
