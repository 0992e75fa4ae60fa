/** What workers, the command line and other modules may use of imports. The router is not here. */
export { wouldRefuse } from './check.ts'
export { fromExport, readJson } from './fields.ts'
export { readLines } from './files/lines.ts'
export { parquetToLines } from './files/parquet.ts'
export { fingerprintOf, Meter } from './files/source.ts'
export { folderOf, refusedFile, uploadedFile } from './folders.ts'
export {
  claimImport,
  type Ending,
  endImport,
  type HeldImport,
  importedLongAgo,
  keepImport,
  LEASE_SECONDS,
  LostImport,
  type Progress,
  takeImport,
} from './progress.ts'
export { csvCell, type Reading, type Row, readRows } from './rows.ts'
export {
  type Counts,
  FILE_FORMATS,
  type FileFormat,
  type RefusedRow,
  ROW_KINDS,
  type RowKind,
  readMapping,
} from './schema.ts'
export { findImport } from './service.ts'
export { addPiece } from './upload.ts'
