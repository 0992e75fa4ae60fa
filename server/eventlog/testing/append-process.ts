import { parseEnv } from '#server/platform/env.ts'
import { createLogger } from '#server/platform/logger.ts'
import { openEventLogWriter } from '../open.ts'
import { linesFrame } from './lines.ts'

// Appends one line after the other, several at once, and prints each number when it is acknowledged, until it is killed:
// node append-process.ts <variables of the environment as JSON>
const env = parseEnv(JSON.parse(process.argv[2] ?? '{}') as Record<string, string>)
const writer = await openEventLogWriter(env, createLogger('append', 'silent'))
let next = 0
const one = async () => {
  for (;;) {
    const n = next
    next += 1
    await writer.append([linesFrame(n)])
    process.stdout.write(`${n}\n`)
  }
}
await Promise.all(Array.from({ length: 5 }, one))
