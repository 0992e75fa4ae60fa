import { parseArgs } from 'node:util'
import { startInbox } from './index.ts'

/** `node workers/embedded/inbox/main.ts --smtp-port P --http-port P [--file F]`: prints one JSON line when it listens. */
const { values } = parseArgs({
  options: {
    'smtp-port': { type: 'string', default: '0' },
    'http-port': { type: 'string', default: '0' },
    file: { type: 'string' },
  },
})

const inbox = await startInbox({
  smtpPort: Number(values['smtp-port']),
  httpPort: Number(values['http-port']),
  file: values.file,
})
process.stdout.write(`${JSON.stringify({ ready: true, smtpUrl: inbox.smtpUrl, url: inbox.url })}\n`)

const stop = () => {
  inbox.stop().then(
    () => process.exit(0),
    () => process.exit(1),
  )
}
process.once('SIGTERM', stop)
process.once('SIGINT', stop)
