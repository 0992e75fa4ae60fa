import { type ChildProcess, spawn } from 'node:child_process'
import { createWriteStream, mkdirSync, type WriteStream } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

/** See that file: a supervisor that is killed leaves no roles behind. */
export const STOP_WITH_PARENT = pathToFileURL(join(import.meta.dirname, 'stop-with-parent.mjs')).href

/** One process role and how to know that it is ready. */
export interface RoleSpec {
  name: string
  /** Arguments for this Node. */
  args: string[]
  env?: Record<string, string>
  /** Answers 2xx once the role does its work. */
  readyUrl: string
  /** Longest time until the first readiness. */
  timeoutMs?: number
}

interface Role {
  spec: RoleSpec
  child: ChildProcess | undefined
  restarts: number
  log: WriteStream
  recent: string
}

/** Starts process roles, keeps them running and ends them in reverse order. Their output goes to DATA_DIR/logs. */
export class Supervisor {
  readonly #roles: Role[] = []
  readonly #logDir: string
  readonly #say: (text: string) => void
  readonly #onChange: () => void
  #stopping = false

  /**
   * @param say tells a person about restarts
   * @param onChange called whenever a role has a new process id
   */
  constructor(logDir: string, say: (text: string) => void, onChange: () => void = () => undefined) {
    this.#logDir = logDir
    this.#say = say
    this.#onChange = onChange
    mkdirSync(logDir, { recursive: true })
  }

  /** Process ids by role, for fault tests and `ps`. */
  pids(): Record<string, number> {
    return Object.fromEntries(this.#roles.flatMap(({ spec, child }) => (child?.pid ? [[spec.name, child.pid]] : [])))
  }

  /**
   * Starts a role and resolves when it is ready. A role that ends later is started again, at most once a second.
   * @throws Error with the role's last lines when it does not become ready in time
   */
  async start(spec: RoleSpec): Promise<void> {
    const log = createWriteStream(join(this.#logDir, `${spec.name}.log`), { flags: 'a' })
    const role: Role = { spec, child: undefined, restarts: 0, log, recent: '' }
    this.#roles.push(role)
    this.#spawn(role)
    const deadline = Date.now() + (spec.timeoutMs ?? 60_000)
    for (;;) {
      if (await answers(spec.readyUrl)) return
      if (role.restarts > 3) throw new Error(`${spec.name} ends again and again. Its last lines:\n${role.recent}`)
      if (Date.now() > deadline) throw new Error(`${spec.name} was not ready in time. Its last lines:\n${role.recent}`)
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
  }

  #spawn(role: Role): void {
    const { spec } = role
    const child = spawn(process.execPath, ['--import', STOP_WITH_PARENT, ...spec.args], {
      env: { ...process.env, ...spec.env, SUPERVISOR_PID: String(process.pid) },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C reaches the whole foreground group; the supervisor ends its roles itself, in order.
      detached: process.platform !== 'win32',
    })
    role.child = child
    this.#onChange()
    const keep = (chunk: Buffer) => {
      role.log.write(chunk)
      role.recent = `${role.recent}${chunk}`.slice(-4000)
    }
    child.stdout?.on('data', keep)
    child.stderr?.on('data', keep)
    child.once('error', (error) => keep(Buffer.from(`${String(error)}\n`)))
    child.once('exit', (code, signal) => {
      role.child = undefined
      if (this.#stopping) return
      role.restarts += 1
      this.#say(
        `${spec.name} ended (${signal ?? code}); starting it again. Its output: ${join(this.#logDir, `${spec.name}.log`)}`,
      )
      setTimeout(() => {
        if (!this.#stopping) this.#spawn(role)
      }, 300)
    })
  }

  /** Ends all roles, last started first: SIGTERM, then SIGKILL after the given time. */
  async stop(graceMs = 15_000): Promise<void> {
    this.#stopping = true
    for (const role of [...this.#roles].reverse()) {
      await end(role.child, graceMs)
      role.log.end()
    }
  }
}

function end(child: ChildProcess | undefined, graceMs: number): Promise<void> {
  if (!child || child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
    child.once('exit', () => {
      clearTimeout(timer)
      resolve()
    })
    child.kill('SIGTERM')
  })
}

/** Whether an address answers 2xx within two seconds. */
export async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(2_000) })
    await response.arrayBuffer()
    return response.ok
  } catch {
    return false
  }
}
