import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { given, setEnv } from '#server/platform/env.ts'
import { type DemoFile, demoFileSchema } from './demo/demo-file.ts'
import { seedDemo } from './demo/seed.ts'
import { startTraffic, type Traffic } from './demo/traffic.ts'
import { startStack } from './stack/stack.ts'

/**
 * `npm run demo [-- --empty]`: the whole product on this machine, with a demo organization and simulated traffic that
 * goes through the real collector. Addresses and sign-ins are printed and written to DATA_DIR/demo.json.
 */
const { values } = parseArgs({ options: { empty: { type: 'boolean', default: false } } })
const started = Date.now()
const say = (text: string) => console.log(`[${((Date.now() - started) / 1000).toFixed(1).padStart(5)} s] ${text}`)

const env = setEnv({
  DEMO: '1',
  NODE_ENV: given('NODE_ENV') ?? 'production',
  WEB_URL: given('WEB_URL') ?? `http://localhost:${given('PORT') ?? 3000}`,
  COLLECTOR_URL: given('COLLECTOR_URL') ?? `http://localhost:${given('COLLECTOR_PORT') ?? 4000}`,
})
const file = join(env.DATA_DIR, 'demo.json')

let traffic: Traffic | undefined
let stopping = false
let stack: Awaited<ReturnType<typeof startStack>> | undefined

async function stop(code: number): Promise<void> {
  if (stopping) return
  stopping = true
  say('Stopping …')
  await traffic?.stop()
  await stack?.stop()
  process.exit(code)
}
process.on('SIGINT', () => void stop(0))
process.on('SIGTERM', () => void stop(0))

try {
  stack = await startStack(env, say)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exit(1)
}
const { web, collector, inbox } = stack
const before = existsSync(file) ? demoFileSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined
const save = (demo: DemoFile) => writeFileSync(file, `${JSON.stringify(demo, null, 2)}\n`, { mode: 0o600 })
let demo: DemoFile = { signIns: [], apps: [], ...before, web, collector, inbox }
save(demo)
try {
  if (!values.empty && demo.apps.length === 0) {
    say('Making the demo organization …')
    demo = { ...demo, ...(await seedDemo(say)) }
    save(demo)
  }
  if (demo.apps.length > 0) {
    traffic = startTraffic(demo, { collector, onProgress: say, save: (sentUntil) => save({ ...demo, sentUntil }) })
  }
} catch (error) {
  console.error(error)
  await stop(1)
}

console.log(`
  Console     ${web}
  Collector   ${collector}
  Mail inbox  ${inbox}
  Data        ${env.DATA_DIR}
${demo.signIns.map(({ email, password, role }) => `  Sign in     ${email}  ${password}  (${role})`).join('\n')}
  Everything above is also in ${file}. Ctrl-C stops everything.
`)
if (traffic) {
  await traffic.loaded
  say(`The demo's history is in: ${web}/${demo.apps[0]?.org}`)
}
