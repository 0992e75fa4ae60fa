import 'server-only'
import { clientIp, sessionFromRequest } from '#server/authz/index.ts'
import { newId } from '#server/platform/ids.ts'
import { createLogger, type Logger } from '#server/platform/logger.ts'
import type { RequestContext } from '#server/procedure/index.ts'

let logger: Logger | undefined

/** The web process's logger. */
export function webLogger(): Logger {
  logger ??= createLogger('web')
  return logger
}

/** What every procedure gets: who asks (by the session cookie), from where, and the id its log lines carry. */
export async function requestContext(request: Request): Promise<RequestContext> {
  const requestId = newId('request')
  return {
    requestId,
    user: await sessionFromRequest(request),
    ip: clientIp(request.headers),
    userAgent: request.headers.get('user-agent') ?? '',
    log: webLogger().child({ request_id: requestId }),
  }
}
