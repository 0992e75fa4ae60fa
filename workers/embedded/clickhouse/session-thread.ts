import { parentPort, workerData } from 'node:worker_threads'
import { Session } from 'chdb'
import {
  chunkWindow,
  type FromSession,
  type Job,
  type JobStats,
  type SessionSetup,
  type ToSession,
} from './protocol.ts'

// One thread per session: starting a streamed query blocks its thread while the engine plans it (seconds when a scalar
// subquery is slow), which must not stop the HTTP server or another query.

const port = parentPort
if (port === null) throw new Error('This file runs as a thread of the embedded ClickHouse process.')
const { enginePath } = workerData as SessionSetup

let session = new Session(enginePath)
let credits = chunkWindow
let cancelled = false
let wake: (() => void) | undefined

function send(message: FromSession): void {
  if (message.type === 'chunk' && message.bytes.byteLength === message.bytes.buffer.byteLength) {
    port?.postMessage(message, [message.bytes.buffer as ArrayBuffer])
  } else if (message.type === 'chunk') {
    port?.postMessage({ ...message, bytes: message.bytes.slice() })
  } else {
    port?.postMessage(message)
  }
}

async function waitForCredit(): Promise<void> {
  while (credits <= 0 && !cancelled) {
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
}

async function stream(job: Job): Promise<JobStats> {
  const started = performance.now()
  const stats: JobStats = { rows: 0, bytes: 0, seconds: 0 }
  for await (const chunk of session.queryStream(job.sql, { format: job.format })) {
    const bytes = chunk.raw()
    stats.rows += chunk.numRows
    stats.bytes += bytes.byteLength
    if (bytes.byteLength > 0) {
      credits -= 1
      send({ type: 'chunk', bytes })
    }
    await waitForCredit()
    if (cancelled) break
  }
  return { ...stats, seconds: (performance.now() - started) / 1000 }
}

async function collect(job: Job): Promise<JobStats> {
  const result = await session.queryAsync(job.sql, { format: job.format })
  const bytes = result.bytes()
  if (bytes.byteLength > 0) send({ type: 'chunk', bytes })
  return { rows: result.rowsRead, bytes: result.bytesRead, seconds: result.elapsed }
}

async function run(job: Job): Promise<void> {
  credits = chunkWindow
  cancelled = false
  let answer: FromSession
  try {
    for (const statement of job.setup) session.query(statement)
    answer = { type: 'done', stats: await (job.stream ? stream(job) : collect(job)) }
  } catch (error) {
    answer = { type: 'failed', message: error instanceof Error ? error.message : String(error) }
  }
  // SET, USE, parameters and temporary tables stick to a session, so the next statement gets a new one (0.2 ms).
  session.close()
  session = new Session(enginePath)
  send(answer)
}

port.on('message', (message: ToSession) => {
  if (message.type === 'run') {
    void run(message.job)
    return
  }
  if (message.type === 'credit') credits += 1
  else cancelled = true
  wake?.()
  wake = undefined
})

send({ type: 'ready' })
