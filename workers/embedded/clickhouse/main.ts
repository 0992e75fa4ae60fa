import { parseArgs } from 'node:util'
import { z } from 'zod'
import { DataDirError } from './data-dir.ts'
import type { ClickHouseLogger } from './logger.ts'
import { embeddedPassword, environmentWithThreadPool, threadPoolSize } from './runtime-env.ts'
import { defaultMaxRunning, spareThreads, startEmbeddedClickHouse } from './server.ts'

const usage = `Usage: node workers/embedded/clickhouse/main.ts --data-dir DIR --port PORT
  --host HOST          loopback address or name (127.0.0.1)
  --max-running N      statements at the same time (${defaultMaxRunning})
  --max-waiting N      statements that may wait (256)
  --memory-limit N     bytes for queries and caches (half the machine's, 1 to 8 GiB)
  --grace MS           how long a stop waits for running statements (10000)
  --stop-with-parent   stop when standard input ends
A password, if wanted, comes in CLICKHOUSE_EMBEDDED_PASSWORD.
`

const argsSchema = z.object({
  'data-dir': z.string().min(1),
  port: z.coerce.number().int().min(0).max(65535),
  host: z.string().min(1).optional(),
  'max-running': z.coerce.number().int().min(1).max(256).default(defaultMaxRunning),
  'max-waiting': z.coerce.number().int().min(0).optional(),
  'memory-limit': z.coerce.number().int().min(1).optional(),
  grace: z.coerce.number().int().min(0).optional(),
  'stop-with-parent': z.boolean().default(false),
})

function readArgs(): z.infer<typeof argsSchema> | undefined {
  const text = { type: 'string' } as const
  try {
    const { values } = parseArgs({
      options: {
        'data-dir': text,
        port: text,
        host: text,
        'max-running': text,
        'max-waiting': text,
        'memory-limit': text,
        grace: text,
        'stop-with-parent': { type: 'boolean' },
      },
    })
    return argsSchema.parse(values)
  } catch (error) {
    const reasons =
      error instanceof z.ZodError
        ? error.issues.map((issue) => `--${issue.path.join('.')}: ${issue.message}`)
        : [String(error)]
    process.stderr.write(`${reasons.join('\n')}\n\n${usage}`)
    return undefined
  }
}

/** Standard output carries the ready line and nothing else that starts with `{"ready"`; the log goes to standard error. */
function line(level: string): (fields: Record<string, unknown>, message: string) => void {
  return (fields, message) => {
    const entry = {
      level,
      time: new Date().toISOString(),
      role: 'clickhouse',
      pid: process.pid,
      ...fields,
      msg: message,
    }
    process.stderr.write(`${JSON.stringify(entry)}\n`)
  }
}

async function main(): Promise<void> {
  const args = readArgs()
  if (args === undefined) {
    process.exitCode = 2
    return
  }
  // Every running statement holds a thread of libuv's pool, whose size is fixed when the process starts.
  const wanted = args['max-running'] + spareThreads
  if (threadPoolSize() < wanted && typeof process.execve === 'function') {
    const argv = [process.execPath, ...process.execArgv, ...process.argv.slice(1)]
    process.execve(process.execPath, argv, environmentWithThreadPool(wanted))
  }
  const logger: ClickHouseLogger = { info() {}, warn: line('warn'), error: line('error') }
  const server = await startEmbeddedClickHouse({
    dataDir: args['data-dir'],
    port: args.port,
    host: args.host,
    password: embeddedPassword(),
    maxRunning: args['max-running'],
    maxWaiting: args['max-waiting'],
    memoryLimitBytes: args['memory-limit'],
    graceMs: args.grace,
    logger,
  })
  const stop = () => {
    void server.close().then(() => process.exit(0))
  }
  process.once('SIGTERM', stop)
  process.once('SIGINT', stop)
  if (args['stop-with-parent']) process.stdin.once('end', stop).once('error', stop).resume()
  process.stdout.write(`${JSON.stringify({ ready: true, url: server.url, port: server.port, pid: process.pid })}\n`)
}

try {
  await main()
} catch (error) {
  const reason =
    error instanceof DataDirError ? error.message : `The embedded ClickHouse did not start: ${String(error)}`
  process.stderr.write(`${reason}\n`)
  process.exit(1)
}
