export { refreshUsage } from './refresh.ts'
export { forgetOldRefusals, type UsageView, usageOf } from './service.ts'
