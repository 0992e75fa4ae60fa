import { Registry } from 'prom-client'
import { diskLogSource, openDiskLogReader } from '#server/eventlog/index.ts'
import { createLogger } from '#server/platform/logger.ts'
import { startLoader } from '../loader.ts'
import { loaderMetrics } from '../metrics.ts'
import { quietClient } from './fixture.ts'

// A loader in a process of its own, to be killed: node loader-process.ts <log folder> <ClickHouse address>
const [dir = '', url = ''] = process.argv.slice(2)
const logger = createLogger('loader', 'silent')
const loader = startLoader({
  source: diskLogSource({ dir, open: () => openDiskLogReader({ dir, logger }) }),
  clickhouse: quietClient(url),
  logger,
  metrics: loaderMetrics(new Registry()),
  stateDir: dir,
  lingerMs: 10,
  maxBatchRows: 2_000,
})
loader.done.catch(() => process.exit(1))

// Says where it is, so that it can be killed in the middle of its work rather than of its start.
let said = loader.loadedTo()
setInterval(() => {
  if (loader.loadedTo() !== said) process.send?.(String(loader.loadedTo()))
  said = loader.loadedTo()
}, 2)
