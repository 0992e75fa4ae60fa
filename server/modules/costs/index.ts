export { importCosts } from './service.ts'
