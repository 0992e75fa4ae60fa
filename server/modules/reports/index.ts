export type { Missing } from './missing.ts'
export { type ReportInput, restQueryInput } from './schema.ts'
export { catalogue, queryReport, queryReportRest, type Report, type ReportMeta, type ReportSubject } from './service.ts'
