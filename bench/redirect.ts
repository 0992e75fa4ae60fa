import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { z } from 'zod'
import { startIngestStack } from '#cli/stack/ingest-path.ts'
import { countRows } from './bare.ts'
import { openConnections } from './http.ts'
import { median, percentile, type Row, rate, time } from './report.ts'

const USER_AGENT =
  'Mozilla/5.0 (Linux; Android 15; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/131.0.0.0 Mobile Safari/537.36'

interface Measured {
  perSecond: number
  p99: number
}

/** Asks a server for the same address over and over. */
async function clicks(port: number, path: string, count: number, connections: number): Promise<Measured> {
  const opened = await openConnections(port, connections)
  const ms: number[] = []
  const head = `GET ${path} HTTP/1.1\r\nhost: localhost\r\nuser-agent: ${USER_AGENT}\r\naccept: text/html\r\n\r\n`
  let left = count
  const started = performance.now()
  await Promise.all(
    opened.map(async (connection) => {
      while (left-- > 0) {
        const answer = await connection.send(head)
        if (answer.status !== 302) throw new Error(`${answer.status}: ${answer.body.slice(0, 300)}`)
        ms.push(answer.ms)
      }
    }),
  )
  const seconds = (performance.now() - started) / 1000
  for (const connection of opened) connection.close()
  return { perSecond: count / seconds, p99: percentile(ms, 0.99) }
}

/**
 * `npm run bench -- redirect`: click redirects a second, each click durable before its 302, against a bare node:http
 * server that answers the same 302 and records nothing; both in processes of their own, asked by the same client. Clicks are
 * loaded afterwards, and every one of them must be there: meanwhile loader and engine would take the cores of what is measured.
 */
export async function benchRedirect(options: { runs: number; scale: number }): Promise<Row[]> {
  const stack = await startIngestStack({ roles: ['collector'] })
  const bare = fork(join(import.meta.dirname, 'bare-redirect.ts'))
  try {
    const [message] = await once(bare, 'message')
    const { port } = z.object({ port: z.number() }).parse(message)
    const count = Math.round(60_000 * options.scale)
    const path = `/c/${stack.linkId}?sub1=bench`
    const collector = stack.ports.collector ?? 0
    const rows: Row[] = []
    let sent = 0
    const ours = async (connections: number, clicksToSend: number) => {
      sent += clicksToSend
      return clicks(collector, path, clicksToSend, connections)
    }
    for (const connections of [16, 64, 256]) {
      await ours(connections, 2_000)
      await clicks(port, path, 2_000, connections)
      const measured: Measured[] = []
      const baseline: Measured[] = []
      for (let run = 0; run < options.runs; run += 1) {
        baseline.push(await clicks(port, path, count, connections))
        measured.push(await ours(connections, count))
      }
      const name = `connections=${connections} clicks=${count} durable=fsync`
      const pick = (from: Measured[], key: keyof Measured) => median(from.map((one) => one[key]))
      rows.push(
        rate(name, 'redirects_per_s', pick(measured, 'perSecond'), '1/s', pick(baseline, 'perSecond')),
        time(name, 'p99_ms', pick(measured, 'p99'), 'ms', pick(baseline, 'p99')),
      )
    }
    await stack.startAnother('loader', 'loader')
    await allQueryable(stack.clickhouse, sent)
    return rows
  } finally {
    bare.disconnect()
    await stack.stop()
  }
}

/** Every redirect must have become a touchpoint: a fast redirect that forgets its click is worth nothing. */
async function allQueryable(client: Parameters<typeof countRows>[0], clicksSent: number): Promise<void> {
  const deadline = Date.now() + 120_000
  for (;;) {
    const found = await countRows(client, 'touchpoints')
    if (found === clicksSent) return
    if (found > clicksSent || Date.now() > deadline) {
      throw new Error(`${found} clicks are queryable, ${clicksSent} were answered`)
    }
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
