import { createHash } from 'node:crypto'
import { z } from 'zod'
import { type IngestStack, startIngestStack } from '#cli/stack/ingest-path.ts'
import { Connection, openConnections } from './http.ts'
import { cpuBetween, cpuOf } from './processes.ts'
import { figure, percentile, type Row, rate, time } from './report.ts'

const DAY = 86_400_000
/** Touchpoints are written so many at a time: a view copies each of them under its keys. */
const FILL_AT_ONCE = 250_000
/** Touchpoints that share an advertising id, and those that share an address, over the whole span. */
const PER_DEVICE = 4
const PER_ADDRESS = 3
const SPAN_DAYS = 30
const BATCH = 100
const TIMEOUT_MS = 600_000

/**
 * `npm run bench -- attribution`: installs a second from the first byte sent until the last one is decided, milliseconds
 * from the 202 of a single install until its decision can be read, and CPU by role: first with no touchpoints to look up,
 * which is the baseline, then with ten million stored, of which each install finds some by click id, advertising id and
 * address.
 * @param options.scale of ten million touchpoints and forty thousand installs
 */
export async function benchAttribution({ scale }: { scale: number }): Promise<Row[]> {
  const installs = Math.round(40_000 * scale)
  const touchpoints = Math.round(10_000_000 * scale)
  const stack = await startIngestStack({ roles: ['collector', 'loader', 'attributor'] })
  try {
    const world = new Installs(touchpoints)
    await decideAll(stack, world, BATCH * 10)
    const without = await measure(stack, world, installs)
    console.error(`${touchpoints} touchpoints …`)
    const filled = await fill(stack, touchpoints)
    const found = await measure(stack, world, installs)
    const candidates = await candidatesPerInstall(stack)
    return [
      ...rowsOf('touchpoints=0', without),
      rate(`touchpoints=${touchpoints}`, 'touchpoints_filled_per_s', touchpoints / filled, '1/s'),
      figure(`touchpoints=${touchpoints}`, 'candidates_per_install', candidates, ''),
      ...rowsOf(`touchpoints=${touchpoints}`, found, without),
    ]
  } finally {
    await stack.stop()
  }
}

interface Measured {
  perSecond: number
  cpu: Record<string, number>
  installs: number
  /** Milliseconds from the answer to an install until its decision could be read, at ten installs a second. */
  decidedMs: number[]
}

function rowsOf(name: string, measured: Measured, baseline?: Measured): Row[] {
  const p = (one: Measured, share: number) => percentile(one.decidedMs, share)
  return [
    rate(name, 'installs_decided_per_s', measured.perSecond, '1/s', baseline?.perSecond ?? null),
    ...Object.entries(measured.cpu).map(([role, seconds]) =>
      figure(`${name} role=${role}`, 'cpu_s_per_1000_installs', (seconds / measured.installs) * 1000, 's'),
    ),
    time(`${name} load=light`, 'decided_after_p50_ms', p(measured, 0.5), 'ms', baseline ? p(baseline, 0.5) : null),
    time(`${name} load=light`, 'decided_after_p95_ms', p(measured, 0.95), 'ms', 2_000),
  ]
}

async function measure(stack: IngestStack, world: Installs, installs: number): Promise<Measured> {
  const before = cpuOf(stack.pids())
  const perSecond = await decideAll(stack, world, installs)
  const cpu = cpuBetween(before, cpuOf(stack.pids()))
  return { perSecond, cpu, installs, decidedMs: await lightLoad(stack, world) }
}

const md5 = (text: string): string => createHash('md5').update(text).digest('hex')

/** Makes installs that point at touchpoints of `fill`, each at others. */
class Installs {
  private made = 0
  private readonly touchpoints: number

  constructor(touchpoints: number) {
    this.touchpoints = touchpoints
  }

  next(): { deviceId: string; line: string } {
    this.made += 1
    const deviceId = `device-${this.made}`
    // Spread over all touchpoints by a step that has no divisor in common with their number.
    const place = (this.made * 7_368_787) % this.touchpoints
    const now = Date.now()
    const line = JSON.stringify({
      event_id: `install-${this.made}`,
      event_name: 'install',
      event_time: now,
      platform: 'android',
      device_id: deviceId,
      advertising_id: md5(`device ${place % Math.ceil(this.touchpoints / PER_DEVICE)}`),
      click_id: this.made % 2 === 0 ? `click_${md5(`click ${place}`)}` : undefined,
      ip: address(place % Math.ceil(this.touchpoints / PER_ADDRESS)),
      os_version: '14',
      device_model: `Pixel ${place % 9}`,
      app_version: '3.1.0',
    })
    return { deviceId, line }
  }
}

const address = (n: number): string => `100.${Math.floor(n / 65_536) % 256}.${Math.floor(n / 256) % 256}.${n % 256}`

/** Touchpoints straight into the store, as the loader would write them. @returns seconds */
async function fill(stack: IngestStack, touchpoints: number): Promise<number> {
  const started = performance.now()
  const until = Date.now() - 60_000
  for (let from = 0; from < touchpoints; from += FILL_AT_ONCE) {
    const count = Math.min(FILL_AT_ONCE, touchpoints - from)
    await stack.clickhouse.command({
      query: `insert into touchpoints (org_id, app_id, touchpoint_id, touchpoint_type, touchpoint_time, received_at, link_id,
          media_source, campaign, ad_set, advertising_id, ip, user_agent, platform, os_version, device_model, log_id,
          log_position)
        select {org:String}, {app:String}, concat('click_', lower(hex(MD5(concat('click ', toString(number)))))),
          if(number % 5 = 0, 'view', 'click'),
          fromUnixTimestamp64Milli(toInt64({until:Int64} - cityHash64(number) % {span:Int64}), 'UTC') as at, at,
          concat('link-', toString(number % 50)), concat('source_', toString(number % 12)),
          concat('campaign ', toString(number % 200)), concat('set ', toString(number % 20)),
          lower(hex(MD5(concat('device ', toString(number % {devices:UInt64}))))),
          concat('100.', toString(intDiv(number % {addresses:UInt64} as a, 65536) % 256), '.',
            toString(intDiv(a, 256) % 256), '.', toString(a % 256)),
          'Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36',
          'android', '14', concat('Pixel ', toString(number % 9)), 'bench', number
        from numbers({from:UInt64}, {count:UInt64})`,
      query_params: {
        org: stack.orgId,
        app: stack.appId,
        until,
        span: SPAN_DAYS * DAY,
        devices: Math.ceil(touchpoints / PER_DEVICE),
        addresses: Math.ceil(touchpoints / PER_ADDRESS),
        from,
        count,
      },
    })
  }
  const seconds = (performance.now() - started) / 1000
  // As a store is that took a month for them, rather than a minute: its parts are merged.
  await stack.clickhouse.command({ query: 'optimize table touchpoint_keys final' })
  return seconds
}

function head(stack: IngestStack, bytes: number): string {
  return (
    `POST /v1/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer ${stack.secretKey}\r\nx-app-id: ${stack.appId}\r\n` +
    `content-type: application/x-ndjson\r\ncontent-length: ${bytes}\r\nuser-agent: unmogrowp-bench\r\n\r\n`
  )
}

/** Sends installs as fast as they are taken. @returns installs a second, until the last one was decided */
async function decideAll(stack: IngestStack, world: Installs, installs: number): Promise<number> {
  const bodies: Buffer[] = []
  for (let made = 0; made < installs; made += BATCH) {
    const lines = Array.from({ length: Math.min(BATCH, installs - made) }, () => world.next().line)
    bodies.push(Buffer.from(`${lines.join('\n')}\n`))
  }
  const before = await count(stack, 'count() from decisions where version = 1')
  const connections = await openConnections(stack.ports.collector ?? 0, 4)
  const started = performance.now()
  try {
    let next = 0
    await Promise.all(
      connections.map(async (connection) => {
        for (let body = bodies[next++]; body; body = bodies[next++]) {
          const answer = await connection.send(head(stack, body.length), body)
          if (answer.status !== 202) throw new Error(`${answer.status}: ${answer.body.slice(0, 400)}`)
        }
      }),
    )
  } finally {
    for (const connection of connections) connection.close()
  }
  for (;;) {
    const decided = (await count(stack, 'count() from decisions where version = 1')) - before
    const seconds = (performance.now() - started) / 1000
    if (decided === installs) return installs / seconds
    if (decided > installs || seconds * 1000 > TIMEOUT_MS)
      throw new Error(`${decided} installs were decided, ${installs} were sent`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
}

async function lightLoad(stack: IngestStack, world: Installs): Promise<number[]> {
  const connection = await Connection.open(stack.ports.collector ?? 0)
  const samples: number[] = []
  for (let index = 0; index < 100; index += 1) {
    const { deviceId, line } = world.next()
    const body = Buffer.from(line)
    const { status, body: text } = await connection.send(head(stack, body.length), body)
    if (status !== 202) throw new Error(`${status}: ${text}`)
    const acknowledged = performance.now()
    const decided = `count() from decisions where org_id = '${stack.orgId}' and app_id = '${stack.appId}' and device_id = '${deviceId}'`
    while ((await count(stack, decided)) === 0) {
      if (performance.now() - acknowledged > TIMEOUT_MS) throw new Error(`${deviceId} was not decided`)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    samples.push(performance.now() - acknowledged)
    await new Promise((resolve) => setTimeout(resolve, Math.max(0, 100 - (performance.now() - acknowledged))))
  }
  connection.close()
  return samples
}

function candidatesPerInstall(stack: IngestStack): Promise<number> {
  return count(
    stack,
    `avg(length(JSONExtractArrayRaw(candidates))) from (select candidates from decisions
    order by decided_at desc limit 1000)`,
  )
}

const countSchema = z.array(z.object({ n: z.coerce.number() })).length(1)

async function count({ clickhouse }: IngestStack, what: string): Promise<number> {
  const result = await clickhouse.query({
    query: `select toFloat64(n) as n from (select ${what.replace(' from', ' as n from')})`,
    format: 'JSONEachRow',
  })
  return countSchema.parse(await result.json())[0]?.n ?? 0
}
