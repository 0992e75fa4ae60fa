import { createRequire } from 'node:module'
import { resolve } from 'node:path'
import { authSecret, env, required } from '#server/platform/env.ts'
import { appendPeerToForwardedFor } from '#server/platform/peer-address.ts'
import { buildState, NEXT_BIN } from './stack/build.ts'

/** `npm start`: the web process in production. Says what is missing before Next starts. */
const e = env()
process.env.AUTH_SECRET = authSecret(e)
required('DATABASE_URL', e)
required('CLICKHOUSE_URL', e)
const state = buildState()
if (state === 'none') {
  console.error('The web app is not built. Run: npm run build')
  process.exit(1)
}
if (state === 'old') console.error('The sources have changed since the web app was built. Run: npm run build')
process.chdir(resolve(import.meta.dirname, '..'))
Object.assign(process.env, { NODE_ENV: 'production', NEXT_TELEMETRY_DISABLED: '1' })
process.argv = [process.execPath, NEXT_BIN, 'start', '--port', String(e.PORT), '--hostname', e.HOST]
// next-auth builds its own redirects on this address.
process.env.NEXTAUTH_URL = e.WEB_URL
appendPeerToForwardedFor()
// Next runs inside this process: one process id to watch, one to end.
createRequire(import.meta.url)(NEXT_BIN)
