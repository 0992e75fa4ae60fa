import { parseArgs } from 'node:util'
import { type RoleToRun, runWorkers } from './runtime/index.ts'

/** Every role, in the order in which they start: what reads comes after what writes. Loaded only when asked for. */
const ROLES: Record<string, () => Promise<RoleToRun>> = {
  collector: async () => ({
    name: 'collector',
    start: (await import('./collector/main.ts')).start,
    ownHealthServer: true,
  }),
  loader: async () => ({ name: 'loader', start: (await import('./loader/main.ts')).start }),
  attributor: async () => ({ name: 'attributor', start: (await import('./attributor/main.ts')).start }),
  jobs: async () => ({ name: 'jobs', start: (await import('./jobs/main.ts')).start }),
}

const known = Object.keys(ROLES)

function refuse(message: string): never {
  process.stderr.write(`${message}\nUse: npm run worker -- --roles ${known.join(',')}\n`)
  process.exit(2)
}

function askedRoles(): string[] {
  let roles: string | undefined
  try {
    roles = parseArgs({ options: { roles: { type: 'string' } } }).values.roles
  } catch (error) {
    refuse(error instanceof Error ? error.message : String(error))
  }
  const asked = (roles ?? '').split(',').flatMap((part) => part.trim() || [])
  if (asked.length === 0) refuse('No roles were given.')
  const unknown = asked.filter((role) => !known.includes(role))
  if (unknown.length > 0) refuse(`There is no role named ${unknown.join(', ')}.`)
  return asked
}

const asked = askedRoles()
try {
  const loads = Object.entries(ROLES).flatMap(([name, load]) => (asked.includes(name) ? [load] : []))
  await runWorkers(await Promise.all(loads.map((load) => load())))
} catch (error) {
  // A refusal is explained by its words; only a fault of ours is explained by where it happened.
  const fault = error instanceof TypeError || error instanceof ReferenceError || error instanceof RangeError
  const text = error instanceof Error ? (fault ? error.stack : error.message) : String(error)
  process.stderr.write(`${text}\n`)
  process.exit(1)
}
