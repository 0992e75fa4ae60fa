import { parseArgs } from 'node:util'
import { benchAttribution } from './attribution.ts'
import { benchAttributionEngine } from './attribution-engine.ts'
import { benchAttributionTruth } from './attribution-truth.ts'
import { benchFreshness } from './freshness.ts'
import { benchIngest } from './ingest.ts'
import { benchMultiTouch } from './multi-touch.ts'
import { benchRedirect } from './redirect.ts'
import { benchReplay } from './replay.ts'
import { type Row, report } from './report.ts'
import { benchSoak } from './soak.ts'

/** `npm run bench -- <name> [<name> …] [--json] [--runs N] [--scale S] [--batches A,B] [--minutes M]`: measurements against baselines of the same run. */
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    runs: { type: 'string', default: '3' },
    scale: { type: 'string', default: '1' },
    batches: { type: 'string' },
    minutes: { type: 'string', default: '10' },
  },
})

const BENCHES: Record<string, () => Promise<Row[]>> = {
  attribution: () => benchAttribution({ scale: Number(values.scale) }),
  'attribution-engine': () => benchAttributionEngine({ runs: Number(values.runs), scale: Number(values.scale) }),
  'attribution-truth': () => benchAttributionTruth({ scale: Number(values.scale) }),
  ingest: () =>
    benchIngest({
      runs: Number(values.runs),
      scale: Number(values.scale),
      batches: values.batches?.split(',').map(Number),
    }),
  replay: () => benchReplay({ runs: Number(values.runs), scale: Number(values.scale) }),
  'multi-touch': () => benchMultiTouch({ runs: Number(values.runs), scale: Number(values.scale) }),
  redirect: () => benchRedirect({ runs: Number(values.runs), scale: Number(values.scale) }),
  soak: () => benchSoak({ minutes: Number(values.minutes), scale: Number(values.scale) }),
  freshness: () => benchFreshness({ samples: Math.round(100 * Number(values.scale)) }),
}

const unknown = positionals.filter((name) => !Object.hasOwn(BENCHES, name))
if (positionals.length === 0 || unknown.length > 0) {
  console.error(`Name one bench or several: ${Object.keys(BENCHES).join(', ')}`)
  process.exit(2)
}
for (const name of positionals) report(name, (await BENCHES[name]?.()) ?? [], values.json)
