export { type CreateLinkInput, createLinkInput } from './schema.ts'
export { createLink, type LinkRow, linkUrls, listLinks } from './service.ts'
