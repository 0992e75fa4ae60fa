import { parseArgs } from 'node:util'
import { z } from 'zod'
import { optionsSchema, simulate, startOfDay, writeFiles } from './simulate/index.ts'

const USAGE = `Usage: npm run simulate -- --seed N --installs N --days N --out DIR [options]

Writes touchpoints.ndjson, events.ndjson and truth.csv into DIR. The same options give the same bytes.

  --seed N                    which world (1)
  --installs N                how many installs (20000)
  --days N                    length of the period (30)
  --end DATE                  its end, exclusive: 2026-11-01 or 2026-11-01T12:00:00Z (today, 00:00 UTC)
  --fraud SHARE               share of fraudulent installs, 0 to 1 (0)
  --nat SHARE                 share of people behind shared addresses, 0 to 1 (0)
  --nat-size N                people behind each shared address (10)
  --blind-views SHARE         share of installs of people without ids that a view caused, 0 to 1 (0)
  --late SHARE                share of installs whose click, or what names it, comes after them, 0 to 1 (0)
  --web-to-app SHARE          share of advertised installs by a click on another device, 0 to 1 (0)
  --claims SHARE              share of advertised installs that a network claims afterwards, 0 to 1 (0)
  --organic SHARE             share of installs that no ad caused (0.3)
  --touchpoints-per-install N touchpoints altogether, per install (7)
  --platform NAME             android, ios or both (both)
`

/** Reads the command line, writes the files, says what was written. Ends with code 2 on options it cannot use. */
function main(args: string[]): number {
  const option = { type: 'string' } as const
  const { values } = parseArgs({
    args,
    options: {
      seed: option,
      installs: option,
      days: option,
      end: option,
      fraud: option,
      nat: option,
      'nat-size': option,
      'blind-views': option,
      late: option,
      'web-to-app': option,
      claims: option,
      organic: option,
      'touchpoints-per-install': option,
      platform: option,
      out: option,
      help: { type: 'boolean', short: 'h' },
    },
  })
  if (values.help) {
    console.log(USAGE)
    return 0
  }
  const {
    out,
    help: _,
    'nat-size': natSize,
    'touchpoints-per-install': touchpointsPerInstall,
    'blind-views': blindViews,
    'web-to-app': webToApp,
    ...rest
  } = values
  if (!out) throw new Error('--out is missing: name the folder to write into.')
  const end = rest.end ?? startOfDay(Date.now())
  const options = optionsSchema.parse({ ...rest, end, natSize, touchpointsPerInstall, blindViews, webToApp })
  const written = writeFiles(simulate({ ...options }), out)
  console.log(
    `${written.installs} installs, ${written.touchpoints} touchpoints, ${written.events} events ` +
      `until ${new Date(options.end).toISOString()} written to ${out}`,
  )
  return 0
}

/** What is wrong with the command line, one line for each option. */
function explain(error: unknown): string {
  if (!(error instanceof z.ZodError)) return error instanceof Error ? error.message : String(error)
  const flag = (path: PropertyKey[]) => `--${String(path[0]).replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
  return error.issues.map(({ path, message }) => `${flag(path)}: ${message}`).join('\n')
}

try {
  process.exitCode = main(process.argv.slice(2))
} catch (error) {
  console.error(`${explain(error)}\n\n${USAGE}`)
  process.exitCode = 2
}
