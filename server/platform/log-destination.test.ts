import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, it } from 'vitest'

const SCRIPT = `
  import { createLogger } from '#server/platform/logger.ts'
  const log = createLogger('test', 'info')
  log.info('first')
  process.on('SIGTERM', () => { log.info('stopping'); log.fatal('last words'); process.exit(0) })
  setInterval(() => log.info('at work'), 20)
`

it('lets a process end whose log nobody reads any more', async () => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', SCRIPT], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [chunk] = (await once(child.stdout, 'data')) as [Buffer]
  expect(String(chunk)).toContain('"msg":"first"')
  child.stdout.destroy()
  await new Promise((resolve) => setTimeout(resolve, 200))
  child.kill('SIGTERM')
  expect(await once(child, 'exit')).toEqual([0, null])
})
