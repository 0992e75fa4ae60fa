import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { z } from 'zod'

const portsSchema = z.object({
  postgres: z.number().int(),
  clickhouse: z.number().int(),
  smtp: z.number().int(),
  inbox: z.number().int(),
  loader: z.number().int(),
  attributor: z.number().int(),
  jobs: z.number().int(),
})
/** Loopback ports of the parts that only the stack itself talks to. */
export type InternalPorts = z.output<typeof portsSchema>

/** Whether nothing listens on a port of this machine. */
export function isFree(port: number, host = '127.0.0.1'): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen(port, host, () => server.close(() => resolve(true)))
  })
}

/** A port of loopback that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() =>
        address && typeof address === 'object'
          ? resolve(address.port)
          : reject(new Error('The system gave no free port.')),
      )
    })
  })
}

/**
 * The ports of the last start where they are still free, so that addresses stay; others where they are not.
 * @param keep whether to remember them for the next start
 */
export async function internalPorts(dataDir: string, keep = true): Promise<InternalPorts> {
  const file = join(dataDir, 'ports.json')
  const parsed = existsSync(file) ? portsSchema.partial().safeParse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
  const before: Partial<InternalPorts> = parsed?.success ? parsed.data : {}
  const chosen: Record<string, number> = {}
  for (const name of portsSchema.keyof().options) {
    const old = before[name]
    chosen[name] = old !== undefined && (await isFree(old)) ? old : await freePort()
  }
  const ports = portsSchema.parse(chosen)
  if (keep) writeFileSync(file, `${JSON.stringify(ports, null, 2)}\n`)
  return ports
}
