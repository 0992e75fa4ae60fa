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
