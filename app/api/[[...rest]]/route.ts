import { unknownRoute } from '#server/procedure/index.ts'

export const dynamic = 'force-dynamic'

/** Everything under /api that no other route has; without it such an address would be looked up as an organization. */
function handle(): Response {
  return unknownRoute()
}

export { handle as DELETE, handle as GET, handle as OPTIONS, handle as PATCH, handle as POST, handle as PUT }
