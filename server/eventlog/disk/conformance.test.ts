import { open, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describeEventLog } from '../testing/conformance.ts'
import { openDiskLogReader } from './reader.ts'
import { diskSpace } from './retention.ts'
import { quiet, scratchDir } from './testing/log.ts'
import { openDiskLogWriter } from './writer.ts'

describeEventLog('disk', async () => {
  const { dir, drop } = scratchDir()
  const log = join(dir, 'log')
  let full = false
  let uptime = 0
  return {
    openWriter: (options) =>
      openDiskLogWriter({
        dir: log,
        logger: quiet,
        segmentBytes: 1_000,
        space: async (folder) => (full ? { free: 0, total: 1 } : diskSpace(folder)),
        uptime: () => uptime,
        ...options,
      }),
    openReaders: async (onDamage) => [
      await openDiskLogReader({ dir: log, logger: quiet, ...(onDamage ? { onDamage } : {}) }),
    ],
    async flipBitOf(text) {
      for (const name of (await readdir(log)).filter((each) => each.endsWith('.seg'))) {
        const at = (await readFile(join(log, name))).indexOf(text)
        if (at === -1) continue
        const file = await open(join(log, name), 'r+')
        const byte = Buffer.alloc(1)
        await file.read(byte, 0, 1, at + 3)
        await file.write(Buffer.from([byte.readUInt8(0) ^ 4]), 0, 1, at + 3)
        await file.close()
      }
    },
    async breakDown() {
      full = true
      // The free space is looked at once a second.
      uptime += 2_000
      return {
        async restore() {
          full = false
        },
      }
    },
    writerProcess: () => [
      join(import.meta.dirname, '../testing/append-process.ts'),
      JSON.stringify({ DATA_DIR: dir, EVENT_LOG: 'disk' }),
    ],
    drop: async () => drop(),
  }
})
