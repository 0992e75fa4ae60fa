import { parseArgs } from 'node:util'
import { benchFreshness, benchIngest } from './ingest.ts'
import { type Row, report } from './report.ts'

/** `npm run bench -- <name> [--json] [--runs N] [--scale S]`: measurements, each against a baseline in the same run. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
  },
})

const BENCHES: Record<string, () => Promise<Row[]>> = {
  ingest: () => benchIngest({ runs: Number(values.runs), scale: Number(values.scale) }),
  freshness: () => benchFreshness({ samples: Math.round(100 * Number(values.scale)) }),
}

const name = positionals[0] ?? ''
const bench = BENCHES[name]
if (!bench) {
  console.error(`Name a bench: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
report(name, await bench(), values.json)
