export { acquireDirLock, type DirLock, DirLockedError, processStart } from './disk/lock.ts'
export { type DamageReport, type DiskLogReaderOptions, openDiskLogReader } from './disk/reader.ts'
export { type DiskLogWriterOptions, openDiskLogWriter } from './disk/writer.ts'
export {
  type EventLogReader,
  type EventLogWriter,
  FRAME_KINDS,
  type Frame,
  type FrameInput,
  type FrameKind,
} from './types.ts'
