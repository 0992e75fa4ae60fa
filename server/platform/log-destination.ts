import { writeSync } from 'node:fs'

const RETRY_MS = 5
/** How long a line waits for a reader that is slow; then it is dropped, because a log must not stop the work. */
const PATIENCE_MS = 2_000
const pause = new Int32Array(new SharedArrayBuffer(4))

/**
 * Writes log lines to a file descriptor at once, so that a crash loses none. Pino's own destination tries again for ever
 * when the reader is gone (a supervisor that was killed), and the process then never ends; this one gives the line up.
 * @param fd 1 for standard output
 */
export function logDestination(fd = 1): { write(line: string): void } {
  let gone = false
  return {
    write(line) {
      if (gone) return
      let rest = Buffer.from(line)
      const deadline = Date.now() + PATIENCE_MS
      while (rest.length > 0) {
        try {
          rest = rest.subarray(writeSync(fd, rest))
        } catch (error) {
          const busy = error instanceof Error && 'code' in error && error.code === 'EAGAIN'
          if (!busy) gone = true
          if (!busy || Date.now() > deadline) return
          Atomics.wait(pause, 0, 0, RETRY_MS)
        }
      }
    },
  }
}
