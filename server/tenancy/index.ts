export { withOrg } from './postgres.ts'
export { type TenantScope, wholeOrganization } from './scope.ts'
