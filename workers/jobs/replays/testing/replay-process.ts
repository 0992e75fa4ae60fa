import { claimReplay } from '#server/modules/attribution/index.ts'
import { openClickHouse, openPostgres } from '#server/stores/index.ts'
import { runReplay } from '../run.ts'

// Runs the next what-if in a process of its own, to be killed:
// node replay-process.ts <Postgres> <ClickHouse> <database> <when it kills itself: no | at its start | after a slice>
const [databaseUrl = '', clickhouseUrl = '', database = '', dies = 'no'] = process.argv.slice(2)
const postgres = openPostgres(databaseUrl, 3)
const die = (when: string) => {
  if (dies === when) process.kill(process.pid, 'SIGKILL')
}
const held = await claimReplay('killed', postgres)
if (!held) process.exit(1)
die('at its start')
await runReplay(held, {
  worker: 'killed',
  postgres,
  clickhouse: openClickHouse(clickhouseUrl, database),
  now: Date.now,
  sliceInstalls: 4,
  onSlice: ({ slices }) => {
    die('after a slice')
    // Says where it is, so that it can be killed in the middle of its work rather than of its start.
    process.send?.(slices)
  },
})
