// Not configuration of ours: the runtime itself reads this variable, once, before any of our code runs.
import { env } from 'node:process'

/** Threads of libuv's pool, each of which a running statement holds; 4 unless `UV_THREADPOOL_SIZE` says otherwise. */
export function threadPoolSize(): number {
  const size = Number(env.UV_THREADPOOL_SIZE ?? 4)
  return Number.isInteger(size) && size > 0 ? Math.min(size, 1024) : 4
}

/** This process's environment with a pool of `size` threads, for a process that is to run the engine. */
export function environmentWithThreadPool(size: number): NodeJS.ProcessEnv {
  return { ...env, UV_THREADPOOL_SIZE: String(size) }
}

/** The password that the starting process hands down; the environment keeps it out of the process list. */
export function embeddedPassword(): string | undefined {
  return env.CLICKHOUSE_EMBEDDED_PASSWORD
}
