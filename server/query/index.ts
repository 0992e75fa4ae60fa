export { currentDecisions, type DecisionColumn } from './decisions.ts'
export { TENANT_TABLES, type TenantTable } from './tables.ts'
export { appScope, type ParameterType, type QueryOrigin, TenantQuery } from './tenant-query.ts'
