import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { parseTrustedProxies } from './client-ip.ts'

const port = (fallback: number) => z.coerce.number().int().min(0).max(65535).default(fallback)
const limit = (fallback: number) => z.coerce.number().int().min(0).default(fallback)
const flag = z
  .enum(['0', '1', 'true', 'false', ''])
  .default('')
  .transform((value) => value === '1' || value === 'true')

/** Every environment variable the product reads; .env.example lists the same, a test compares the two. */
export const envSchema = z.object({
  NODE_ENV: z.enum(['development', 'production', 'test']).default('development'),
  /** Port of the web process. */
  PORT: port(3000),
  COLLECTOR_PORT: port(4000),
  /** Port for /healthz, /readyz and /metrics of worker roles other than the collector; 0 takes a free one. */
  WORKER_PORT: port(4001),
  /** Interface the collector and web listen on. */
  HOST: z.string().default('0.0.0.0'),
  /** Everything that is kept on disk: embedded stores, event log, secrets of the demo. */
  DATA_DIR: z
    .string()
    .default('.data')
    .transform((value) => resolve(value)),
  /** The application role's connection; it may not bypass row-level security. Absent: embedded Postgres. */
  DATABASE_URL: z.url().optional(),
  /** The owner's connection, for migrations and `npm run admin`. Absent: DATABASE_URL's server is not migrated by us. */
  DATABASE_ADMIN_URL: z.url().optional(),
  /** Absent: the embedded engine. */
  CLICKHOUSE_URL: z.url().optional(),
  CLICKHOUSE_DATABASE: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/)
    .default('unmogrowp'),
  /** Name of a cluster in ClickHouse's remote_servers: migrations make replicated and distributed tables on all its servers. */
  CLICKHOUSE_CLUSTER: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_-]*$/)
    .optional(),
  /** Where what the collector acknowledges lies until it is loaded: under DATA_DIR, or in a topic of Kafka. */
  EVENT_LOG: z.enum(['disk', 'kafka']).default('disk'),
  /** Disk log: how long loaded segments stay for a replay, in hours. */
  EVENT_LOG_KEEP_HOURS: z.coerce.number().min(0).default(24),
  /** Disk log: share of the disk (0 to 1) that it may fill before loaded segments go earlier. */
  EVENT_LOG_KEEP_SHARE: z.coerce.number().min(0).max(1).default(0.2),
  /** Disk log: the collector refuses with 503 rather than leave less of the disk free, in megabytes. */
  EVENT_LOG_MIN_FREE_MB: z.coerce.number().min(0).default(256),
  /**
   * Memory of a loader for the ids of the last days, in megabytes, by default a part of the machine's: about 3 for each
   * million in 8 days. Less costs questions.
   */
  DEDUPE_MEMORY_MB: z.coerce.number().int().min(16).optional(),
  /** Brokers to begin with: host:port, comma-separated. */
  KAFKA_BROKERS: z
    .string()
    .optional()
    .transform((list) => list?.split(',').map((broker) => broker.trim()))
    .pipe(
      z
        .array(z.string().regex(/^[^\s:]+:\d{1,5}$|^\[[^\]\s]+\]:\d{1,5}$/, 'must be host:port'))
        .min(1)
        .optional(),
    ),
  KAFKA_TOPIC: z
    .string()
    .regex(/^[a-zA-Z0-9._-]{1,249}$/, 'may hold letters, digits, dots, underscores and dashes')
    .default('unmogrowp.events'),
  /** The loaders' consumer group. */
  KAFKA_GROUP: z.string().min(1).default('unmogrowp.loader'),
  /** Of a topic that we create: partitions, and copies of each (default: three, or as many as there are brokers). */
  KAFKA_PARTITIONS: z.coerce.number().int().min(1).max(1000).default(8),
  KAFKA_REPLICATION: z.coerce.number().int().min(1).max(10).optional(),
  KAFKA_USERNAME: z.string().optional(),
  KAFKA_PASSWORD: z.string().optional(),
  KAFKA_MECHANISM: z.enum(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512']).default('SCRAM-SHA-512'),
  /** Whether the brokers speak TLS; their certificate must be one that this machine trusts. */
  KAFKA_TLS: flag,
  /** Public address of the web process, for links in mails and for sign-in cookies. */
  WEB_URL: z.url().default('http://localhost:3000'),
  /** Public address of the collector, for tracking links and snippets. */
  COLLECTOR_URL: z.url().default('http://localhost:4000'),
  /** Signs and encrypts sign-in cookies; at least 32 characters. */
  AUTH_SECRET: z.string().min(32).optional(),
  /** How mails leave: smtp://user:password@host:port. */
  SMTP_URL: z
    .string()
    .regex(/^smtps?:\/\//, 'must start with smtp:// or smtps://')
    .optional(),
  MAIL_FROM: z.string().default('UnMoGrowP <no-reply@localhost>'),
  /** The collector's limits, shared by all collectors where REDIS_URL is set, otherwise per process; 0 switches one off. Events a second of one key: at least one full batch of 10,000. */
  COLLECTOR_KEY_EVENTS_PER_SECOND: limit(500_000).refine(
    (value) => value === 0 || value >= 10_000,
    'must be 0 or at least 10000',
  ),
  COLLECTOR_IP_REQUESTS_PER_SECOND: limit(20_000),
  /** Requests with a key or link that does not exist, by address. */
  COLLECTOR_WRONG_KEYS_PER_SECOND: limit(50),
  /** Redis in which several collectors share their limits: redis://user:password@host:port. Absent: each counts alone. */
  REDIS_URL: z
    .string()
    .regex(/^rediss?:\/\//, 'must start with redis:// or rediss://')
    .optional(),
  /** `plan`: the plans' monthly events are enforced (a hosted service). `off`: usage is counted, nothing is refused for it. */
  QUOTAS: z.enum(['off', 'plan']).default('off'),
  /** Proxies whose X-Forwarded-For is believed: comma-separated addresses or CIDR ranges. */
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .superRefine((list, context) => {
      try {
        parseTrustedProxies(list)
      } catch (error) {
        context.addIssue({ code: 'custom', message: error instanceof Error ? error.message : String(error) })
      }
    }),
  /** Whether requests to addresses that customers enter, such as networks' claim URLs, may go to private and loopback addresses. */
  OUTBOUND_PRIVATE_ADDRESSES: flag,
  /** Largest file that the console takes for an import, in bytes. */
  IMPORT_UPLOAD_MAX_BYTES: limit(5 * 1024 ** 3),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  /** Set by `npm run demo`: embedded parts, local inbox, defaults for secrets kept in DATA_DIR. */
  DEMO: flag,
  /** Address of the demo's mail inbox page. */
  INBOX_URL: z.url().optional(),
})

export type Env = z.output<typeof envSchema>

let current: Env | undefined

/**
 * The validated environment, read once per process.
 * @throws Error that lists every variable at fault, one a line
 */
export function env(): Env {
  current ??= parseEnv(process.env)
  return current
}

/**
 * Sets variables on top of the process's own, for programs that start parts of the product themselves (demo, admin, tests).
 * @returns the environment as it is from now on
 */
export function setEnv(values: Record<string, string | undefined>): Env {
  for (const [name, value] of Object.entries(values)) {
    if (value === undefined) delete process.env[name]
    else process.env[name] = value
  }
  current = parseEnv(process.env)
  return current
}

/** A variable as the operator gave it, before any default; empty counts as absent. For programs whose own default differs. */
export function given(name: keyof Env): string | undefined {
  return process.env[name] || undefined
}

/** Validates a set of variables; empty strings count as absent. */
export function parseEnv(source: Record<string, string | undefined>): Env {
  const given = Object.fromEntries(Object.entries(source).filter(([, value]) => value !== undefined && value !== ''))
  const parsed = envSchema.safeParse(given)
  if (parsed.success) return parsed.data
  const lines = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`)
  throw new Error(`The environment does not fit:\n${lines.join('\n')}\n.env.example lists every variable.`)
}

/**
 * The secret that signs sign-in cookies. Outside demo mode it must be given; in demo mode it is made once and kept in DATA_DIR.
 * @throws Error when it is absent outside demo mode
 */
export function authSecret(e: Env = env()): string {
  if (e.AUTH_SECRET) return e.AUTH_SECRET
  if (!e.DEMO) throw new Error('AUTH_SECRET is not set. Make one with: openssl rand -base64 33')
  const file = join(e.DATA_DIR, 'auth-secret')
  if (!existsSync(file)) {
    mkdirSync(e.DATA_DIR, { recursive: true })
    writeFileSync(file, randomBytes(33).toString('base64'), { mode: 0o600 })
  }
  return readFileSync(file, 'utf8').trim()
}

/** The connection a process needs, or a readable refusal that says which variable to set. */
export function required<K extends 'DATABASE_URL' | 'DATABASE_ADMIN_URL' | 'CLICKHOUSE_URL' | 'SMTP_URL'>(
  name: K,
  e: Env = env(),
): string {
  const value = e[name]
  if (!value) throw new Error(`${name} is not set. Set it, or start everything together with: npm run demo`)
  return value
}
