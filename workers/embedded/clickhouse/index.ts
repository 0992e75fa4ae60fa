export { DataDirError } from './data-dir.ts'
export { type ClickHouseLogger, silentLogger } from './logger.ts'
export { type EmbeddedClickHouse, type EmbeddedClickHouseOptions, startEmbeddedClickHouse } from './server.ts'
export { readySchema, type SpawnedClickHouse, spawnEmbeddedClickHouse } from './spawn.ts'
