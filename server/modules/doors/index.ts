export type { AdjustSettingsInput } from './schema.ts'
export { type AdjustSettings, type DoorOwner, saveAdjustSettings } from './service.ts'
