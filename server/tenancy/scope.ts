import type { AppId, OrgId } from '#server/platform/ids.ts'

/**
 * What a caller may see of a tenant's data. Made from a session or a key by server/authz, never from input.
 * `null` means no restriction inside the organization.
 */
export interface TenantScope {
  readonly orgId: OrgId
  /** Apps the caller may read. */
  readonly apps: readonly AppId[] | null
  /** Media sources the caller may read. */
  readonly mediaSources: readonly string[] | null
  /** Metrics the caller may not see, such as cost and revenue. */
  readonly hiddenMetrics: readonly string[]
}

/** The scope of a whole organization. */
export function wholeOrganization(orgId: OrgId): TenantScope {
  return { orgId, apps: null, mediaSources: null, hiddenMetrics: [] }
}
