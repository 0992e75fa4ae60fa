export { clientIp } from './client-ip.ts'
export { assertGrantable, type VerifiedKey, verifySecretKey } from './keys.ts'
export { type MemberOrganization, membershipsOf } from './memberships.ts'
export {
  can,
  KEY_SCOPES,
  type KeyScope,
  PERMISSIONS,
  type Permission,
  permissionsOf,
  ROLES,
  type Role,
} from './permissions.ts'
export { assertSameOrigin } from './same-origin.ts'
export {
  createSession,
  endSession,
  endSessionsOf,
  findSession,
  SESSION_DAYS,
  type SignedIn,
  sessionCookie,
  sessionFromRequest,
  sessionTokenOf,
  sha256,
} from './sessions.ts'
