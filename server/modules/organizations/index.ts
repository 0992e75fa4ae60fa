export { createOrganization, findOrganization, listMembers, type Member } from './service.ts'
export { freeSlug, RESERVED_APP_SLUGS, RESERVED_SLUGS } from './slugs.ts'
