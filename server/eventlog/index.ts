export { acquireDirLock, type DirLock, DirLockedError, processStart } from './disk/lock.ts'
export { type DiskLogReaderOptions, openDiskLogReader } from './disk/reader.ts'
export { type DiskLogSourceOptions, diskLogSource } from './disk/source.ts'
export { type DiskLogWriterOptions, openDiskLogWriter } from './disk/writer.ts'
export { eventLogDir, openEventLogWriter, openLogSource } from './open.ts'
export * as packed from './packed/index.ts'
export { type LogPlace, type LogPlaces, openLogPlaces } from './places.ts'
export type { LogSource, LogTaker } from './source.ts'
export {
  type DamageReport,
  type EventLogReader,
  type EventLogWriter,
  FRAME_KINDS,
  type Frame,
  type FrameEncoding,
  type FrameInput,
  type FrameKind,
  PACKED,
} from './types.ts'
