import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { z } from 'zod'
import { environmentWithThreadPool } from './runtime-env.ts'
import type { EmbeddedClickHouse, EmbeddedClickHouseOptions } from './server.ts'
import { defaultMaxRunning, spareThreads } from './server.ts'

/** The line that the executable prints when it answers. */
export const readySchema = z.object({
  ready: z.literal(true),
  url: z.url(),
  port: z.number().int(),
  pid: z.number().int(),
})

/** An embedded ClickHouse in a process of its own. */
export interface SpawnedClickHouse extends EmbeddedClickHouse {
  pid: number
  /** The process, for those who watch it. */
  process: ChildProcess
}

/**
 * Starts an embedded ClickHouse in a process of its own, which ends with this one, and waits until it answers.
 * @throws Error with what the process said on standard error when it ends before it is ready
 */
export async function spawnEmbeddedClickHouse(options: EmbeddedClickHouseOptions): Promise<SpawnedClickHouse> {
  const { dataDir, port, logger, maxRunning = defaultMaxRunning } = options
  const args = [fileURLToPath(new URL('./main.ts', import.meta.url)), '--data-dir', dataDir, '--port', String(port)]
  args.push('--stop-with-parent', '--max-running', String(maxRunning))
  if (options.host !== undefined) args.push('--host', options.host)
  if (options.maxWaiting !== undefined) args.push('--max-waiting', String(options.maxWaiting))
  if (options.memoryLimitBytes !== undefined) args.push('--memory-limit', String(options.memoryLimitBytes))
  if (options.graceMs !== undefined) args.push('--grace', String(options.graceMs))
  const child = spawn(process.execPath, args, {
    stdio: ['pipe', 'pipe', 'pipe'],
    env: {
      ...environmentWithThreadPool(maxRunning + spareThreads),
      ...(options.password === undefined ? {} : { CLICKHOUSE_EMBEDDED_PASSWORD: options.password }),
    },
  })
  let complaint = ''
  child.stderr.on('data', (data: Buffer) => {
    complaint = `${complaint}${data.toString('utf8')}`.slice(-4000)
    logger.warn({ pid: child.pid }, data.toString('utf8').trim())
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  const ready = await new Promise<z.infer<typeof readySchema>>((resolve, reject) => {
    createInterface({ input: child.stdout }).on('line', (line) => {
      const parsed = readySchema.safeParse(safeJson(line))
      if (parsed.success) resolve(parsed.data)
    })
    child.once('error', reject)
    child.once('exit', (code) => {
      reject(new Error(complaint.trim() || `The embedded ClickHouse ended with code ${code} before it was ready.`))
    })
  })
  return {
    url: ready.url,
    port: ready.port,
    pid: ready.pid,
    process: child,
    async close() {
      child.kill('SIGTERM')
      await ended
    },
  }
}

function safeJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
