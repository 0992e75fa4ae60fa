export { createKeyInput } from './schema.ts'
export { createSecretKey, listSecretKeys, type SecretKeyRow } from './service.ts'
