export { listIngestKeys } from './ingest-keys.ts'
export { type CreateAppInput, createAppInput, PLATFORMS, type Platform } from './schema.ts'
export { type AppRow, createApp, findApp, listApps } from './service.ts'
