export { createKeyInput, keyExpiry, keyId, overlapEnd } from './schema.ts'
export {
  createSecretKey,
  earlier,
  listSecretKeys,
  liveKey,
  notRotatable,
  revokeSecretKey,
  type SecretKeyRow,
  withTemporaryKey,
} from './service.ts'
