import { createHash } from 'node:crypto'

const NAMES = ['session_start', 'level_complete', 'tutorial_step', 'purchase', 'ad_watched'] as const
const COUNTRIES = ['US', 'DE', 'BR', 'JP', 'GB', 'FR'] as const

/**
 * One event of about 400 bytes in the collector's format, the same for the same number.
 * @param index number of the event
 * @param run keeps the event ids of several runs apart
 * @param now Unix milliseconds around which the events lie
 */
export function sampleEvent(index: number, run: string, now: number): string {
  const id = createHash('md5').update(`${run}:${index}`).digest('hex')
  const name = NAMES[index % NAMES.length]
  const revenue = name === 'purchase' ? `,"revenue":${(index % 50) + 0.99},"currency":"USD"` : ''
  return `{"event_id":"${id}","event_name":"${name}","event_time":${now - (index % 86_400) * 1000},"platform":"android","device_id":"device-${index % 100_000}","os_version":"15","app_version":"2.4.${index % 5}","sdk_version":"1.2.0","device_model":"Pixel 9","locale":"en_US","country":"${COUNTRIES[index % COUNTRIES.length]}"${revenue},"properties":{"level":${index % 100},"score":${(index * 37) % 10_000},"mode":"story"}}`
}

/** Bodies of NDJSON, each with `batch` events. */
export function* sampleBodies(events: number, batch: number, run: string, now: number): Generator<Buffer> {
  for (let first = 0; first < events; first += batch) {
    const lines: string[] = []
    for (let index = first; index < Math.min(first + batch, events); index++) lines.push(sampleEvent(index, run, now))
    yield Buffer.from(`${lines.join('\n')}\n`)
  }
}
