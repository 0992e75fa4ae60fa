export { importRates, listRates, type Rate } from './service.ts'
