import { accountRouter } from '#server/modules/account/router.ts'
import { appsRouter } from '#server/modules/apps/router.ts'
import { attributionRouter } from '#server/modules/attribution/router.ts'
import { keysRouter } from '#server/modules/keys/router.ts'
import { linksRouter } from '#server/modules/links/router.ts'
import { organizationsRouter } from '#server/modules/organizations/router.ts'
import { router } from '#server/procedure/index.ts'

/** Every module's router, under the module's name. */
export const appRouter = router({
  account: accountRouter,
  apps: appsRouter,
  attribution: attributionRouter,
  keys: keysRouter,
  links: linksRouter,
  organizations: organizationsRouter,
})

export type AppRouter = typeof appRouter
