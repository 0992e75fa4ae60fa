import 'server-only'
import { TRPCError } from '@trpc/server'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { clientIp } from '#server/authz/index.ts'
import { newId } from '#server/platform/ids.ts'
import { createCallerFactory } from '#server/procedure/index.ts'
import { appRouter } from '#server/router.ts'
import { webLogger } from './request-context.ts'
import { currentUser } from './session.ts'

const createCaller = createCallerFactory(appRouter)

/** The console's API for server components: the same procedures behind the same gates, without a request over the wire. */
export const serverApi = cache(async () => {
  const requestId = newId('request')
  const from = await headers()
  return createCaller({
    requestId,
    user: await currentUser(),
    ip: clientIp(from),
    userAgent: from.get('user-agent') ?? '',
    log: webLogger().child({ request_id: requestId }),
  })
})

/** Shows the not-found page (404) where a procedure says that something does not exist for the caller. */
export async function orNotFound<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (error instanceof TRPCError && error.code === 'NOT_FOUND') notFound()
    throw error
  }
}
