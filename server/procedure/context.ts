import type { UserId } from '#server/platform/ids.ts'
import type { Logger } from '#server/platform/logger.ts'

/** The signed-in person of a request. */
export interface SessionUser {
  userId: UserId
  sessionId: string
  email: string
  name: string | null
}

/** What every procedure gets before its gate has been checked. */
export interface RequestContext {
  requestId: string
  /** null: nobody is signed in. */
  user: SessionUser | null
  ip: string
  userAgent: string
  log: Logger
}
