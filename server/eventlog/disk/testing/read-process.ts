import { openDiskLogReader } from '../reader.ts'
import { linesOf, quiet } from './log.ts'

// Follows a log in a process of its own and sends every line it reads to its parent.
const reader = await openDiskLogReader({ dir: process.argv[2] ?? '', logger: quiet })
let from = 0n
for (;;) {
  const frames = await reader.read(from, 1 << 20)
  if (frames.length > 0) process.send?.(linesOf(frames))
  from = frames.at(-1)?.next ?? from
  await reader.waitForMore(from, 1_000)
}
