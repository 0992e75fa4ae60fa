import { accountRouter } from '#server/modules/account/router.ts'
import { appsRouter } from '#server/modules/apps/router.ts'
import { multiTouchRouter } from '#server/modules/attribution/multi-touch/router.ts'
import { replaysRouter } from '#server/modules/attribution/replay/router.ts'
import { attributionRouter } from '#server/modules/attribution/router.ts'
import { costsRouter } from '#server/modules/costs/router.ts'
import { doorsRouter } from '#server/modules/doors/router.ts'
import { eventsRouter } from '#server/modules/events/router.ts'
import { importsRouter } from '#server/modules/imports/router.ts'
import { ingestionRouter } from '#server/modules/ingestion/router.ts'
import { keysRouter } from '#server/modules/keys/router.ts'
import { linksRouter } from '#server/modules/links/router.ts'
import { networksRouter } from '#server/modules/networks/router.ts'
import { organizationsRouter } from '#server/modules/organizations/router.ts'
import { ratesRouter } from '#server/modules/rates/router.ts'
import { reportsRouter } from '#server/modules/reports/router.ts'
import { usageRouter } from '#server/modules/usage/router.ts'
import { router } from '#server/procedure/index.ts'

/** Every module's router, under the module's name. */
export const appRouter = router({
  account: accountRouter,
  apps: appsRouter,
  attribution: attributionRouter,
  costs: costsRouter,
  doors: doorsRouter,
  events: eventsRouter,
  ingestion: ingestionRouter,
  imports: importsRouter,
  keys: keysRouter,
  links: linksRouter,
  multiTouch: multiTouchRouter,
  networks: networksRouter,
  organizations: organizationsRouter,
  rates: ratesRouter,
  replays: replaysRouter,
  reports: reportsRouter,
  usage: usageRouter,
})

export type AppRouter = typeof appRouter
