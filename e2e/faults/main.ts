import { parseArgs } from 'node:util'
import { runFaults } from './run.ts'

/**
 * `npm run test:faults [-- --seed N --faults N --events N --log disk|kafka --json]`: the whole fault suite. Ends with code 1
 * when an acknowledged event is missing, is there twice, or a sum is off by a cent.
 */
const { values } = parseArgs({
  options: {
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1_000_000)) },
    faults: { type: 'string', default: '200' },
    events: { type: 'string', default: '1000000' },
    log: { type: 'string', default: 'disk' },
    json: { type: 'boolean', default: false },
  },
})
const log = values.log === 'kafka' ? 'kafka' : 'disk'
console.log(`Seed ${values.seed}: ${values.faults} faults over ${values.events} events, log on ${log}`)
const report = await runFaults({
  seed: Number(values.seed),
  faults: Number(values.faults),
  events: Number(values.events),
  log,
  longestOutageMs: 60_000,
  say: (text) => console.log(text),
})
const { faults, acknowledged, lost, duplicated, ...rest } = report
console.log(JSON.stringify(rest, null, 2))
const off = Math.max(duplicated, Math.abs(rest.rollupEventsOff))
const ok = lost === 0 && off === 0 && rest.centsOff === 0 && rest.rollupCentsOff === 0
console.log(`${faults} faults, ${acknowledged} acknowledged, ${lost} lost, ${off} duplicated: ${ok ? 'ok' : 'FAILED'}`)
if (values.json) console.log(JSON.stringify({ faults, acknowledged, lost, duplicated: off }))
process.exit(ok ? 0 : 1)
