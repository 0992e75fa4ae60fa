// Preloaded into every role that a supervisor starts: standard input is a pipe from it, and when the supervisor is gone,
// however it ended, the pipe closes and the role ends itself in order. Threads and children of the role inherit this
// preload too; only the role itself may listen.
import { isMainThread } from 'node:worker_threads'

if (isMainThread && process.env.SUPERVISOR_PID === String(process.ppid)) {
  const end = () => process.kill(process.pid, 'SIGTERM')
  process.stdin.on('end', end).on('error', end).resume()
  process.stdin.unref?.()
}
