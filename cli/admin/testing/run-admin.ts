import { execFile } from 'node:child_process'
import type { TestStores } from '#e2e/fixtures/stores.ts'
import { setEnv } from '#server/platform/env.ts'
import type { Product } from '../product.ts'

/** How a run of the operator's command line ended. */
export interface AdminRun {
  code: number
  stdout: string
  stderr: string
}

/** Runs the real command line in a process of its own, with `--json`. */
export function runAdmin(args: string[], env: Record<string, string | undefined>): Promise<AdminRun> {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['cli/admin.ts', ...args, '--json'],
      { env: { ...process.env, ...env }, maxBuffer: 2 ** 26 },
      (error, stdout, stderr) => resolve({ code: error === null ? 0 : Number(error.code ?? 1), stdout, stderr }),
    )
  })
}

/**
 * Runs a command that must succeed.
 * @returns the object on its last line
 * @throws Error with what it printed when it fails
 */
export async function admin<T = Record<string, unknown>>(
  args: string[],
  env: Record<string, string | undefined>,
): Promise<T> {
  const { code, stdout, stderr } = await runAdmin(args, env)
  if (code !== 0) throw new Error(`admin ${args.join(' ')} ended with ${code}:\n${stderr}${stdout}`)
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as T
}

/** The environment that points the command line at a test's own stores. */
export function storesEnv(stores: TestStores, dataDir: string): Record<string, string> {
  return {
    NODE_ENV: 'test',
    DATA_DIR: dataDir,
    DATABASE_URL: stores.databaseUrl,
    DATABASE_ADMIN_URL: stores.adminUrl,
    CLICKHOUSE_URL: stores.clickhouseUrl,
    CLICKHOUSE_DATABASE: stores.clickhouseDatabase,
  }
}

/** A test's own stores as a command sees them inside this process; nothing else may be started. */
export function productOf(stores: TestStores, dataDir: string): Product {
  setEnv(storesEnv(stores, dataDir))
  const refuse = () => Promise.reject(new Error('This test starts no roles.'))
  return {
    admin: stores.admin,
    connections: {
      DATABASE_URL: stores.databaseUrl,
      DATABASE_ADMIN_URL: stores.adminUrl,
      CLICKHOUSE_URL: stores.clickhouseUrl,
      ownerStarted: '',
    },
    kind: 'configured',
    loader: refuse,
    collector: refuse,
    migrate: refuse,
    close: () => Promise.resolve(),
  }
}
