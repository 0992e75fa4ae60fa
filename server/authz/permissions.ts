/**
 * ONE table of who may do what. Server and console read the same one: the procedure builder enforces it,
 * the console hides what it does not grant.
 */
export const ROLES = ['owner', 'admin', 'billing_admin', 'analyst', 'viewer', 'partner'] as const
export type Role = (typeof ROLES)[number]

const ALL: readonly Role[] = ROLES
const MANAGERS: readonly Role[] = ['owner', 'admin']
const READERS: readonly Role[] = ['owner', 'admin', 'analyst', 'viewer']
const BUILDERS: readonly Role[] = ['owner', 'admin', 'analyst']

/** Permission (`resource:action`) and the roles that hold it. A partner's and a viewer's narrower sight is part of the scope. */
export const PERMISSIONS = {
  'org:read': ALL,
  'org:write': MANAGERS,
  'members:read': ['owner', 'admin', 'billing_admin'],
  'members:manage': MANAGERS,
  'apps:read': READERS,
  'apps:write': MANAGERS,
  'keys:read': BUILDERS,
  'keys:write': MANAGERS,
  'links:read': READERS,
  'links:write': BUILDERS,
  'reports:read': READERS,
  'events:read': BUILDERS,
  'events:write': MANAGERS,
  'touchpoints:write': MANAGERS,
  'decisions:read': READERS,
  'replays:write': BUILDERS,
  'exports:read': BUILDERS,
  'settings:read': READERS,
  'settings:write': MANAGERS,
  'rates:write': MANAGERS,
  'costs:write': MANAGERS,
  'billing:manage': ['owner', 'billing_admin'],
} as const satisfies Record<string, readonly Role[]>

export type Permission = keyof typeof PERMISSIONS

/** Whether a role holds a permission. */
export function can(role: Role, permission: Permission): boolean {
  return (PERMISSIONS[permission] as readonly Role[]).includes(role)
}

/** Every permission of a role, for the console. */
export function permissionsOf(role: Role): Permission[] {
  return (Object.keys(PERMISSIONS) as Permission[]).filter((permission) => can(role, permission))
}

/** What a secret key may be allowed; a subset of the permissions, written the same way. */
export const KEY_SCOPES = [
  'events:write',
  'touchpoints:write',
  'reports:read',
  'decisions:read',
  'exports:read',
  'links:read',
  'links:write',
  'apps:read',
  'apps:write',
  'costs:write',
  'rates:write',
] as const satisfies readonly Permission[]
export type KeyScope = (typeof KEY_SCOPES)[number]
