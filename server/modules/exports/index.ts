export { EXPORT_KINDS, type ExportInput, type ExportKind, exportInput, exportKind } from './schema.ts'
export { type Export, exportRows } from './service.ts'
