import { randomBytes } from 'node:crypto'

const NAMES = ['session_start', 'level_complete', 'tutorial_step', 'purchase', 'ad_watched'] as const
const COUNTRIES = ['US', 'DE', 'BR', 'JP', 'GB', 'FR'] as const
/** Where an event's id begins in its line, and how long it is. */
const ID_AT = '{"event_id":"'.length
const ID_LENGTH = 32
/** Different events before they repeat; their ids never do. */
const VARIETY = 200_000

/**
 * One event of about 330 bytes in the collector's format, the same for the same number.
 * @param index number of the event
 * @param id 32 characters
 * @param now Unix milliseconds; events lie within the day before
 */
function sampleEvent(index: number, id: string, now: number): string {
  const name = NAMES[index % NAMES.length]
  const revenue = name === 'purchase' ? `,"revenue":${(index % 50) + 0.99},"currency":"USD"` : ''
  return `{"event_id":"${id}","event_name":"${name}","event_time":${now - (index % 86_400) * 1000},"platform":"android","device_id":"device-${index % 100_000}","os_version":"15","app_version":"2.4.${index % 5}","sdk_version":"1.2.0","device_model":"Pixel 9","locale":"en_US","country":"${COUNTRIES[index % COUNTRIES.length]}"${revenue},"properties":{"level":${index % 100},"score":${(index * 37) % 10_000},"mode":"story"}}\n`
}

/** NDJSON bodies, made from prepared lines by writing a new id into each: the maker must cost little beside what it measures. */
export class SampleBodies {
  private readonly lines: Buffer
  private readonly starts: Uint32Array
  private readonly random = Buffer.from(randomBytes(32 * 1024).toString('hex'), 'latin1')
  private next = 0

  constructor(now = Date.now()) {
    const id = '0'.repeat(ID_LENGTH)
    const lines: string[] = []
    this.starts = new Uint32Array(VARIETY + 1)
    let at = 0
    for (let index = 0; index < VARIETY; index += 1) {
      const line = sampleEvent(index, id, now)
      lines.push(line)
      this.starts[index] = at
      at += line.length
    }
    this.starts[VARIETY] = at
    this.lines = Buffer.from(lines.join(''), 'latin1')
  }

  /** A body of so many events whose ids were never given before: the id's first half is random, the second counts. */
  body(events: number): Buffer {
    const parts: Buffer[] = []
    for (let made = 0; made < events; ) {
      const first = this.next % VARIETY
      const count = Math.min(events - made, VARIETY - first)
      const from = this.starts[first] ?? 0
      const part = Buffer.from(this.lines.subarray(from, this.starts[first + count]))
      for (let i = 0; i < count; i += 1) this.writeId(part, (this.starts[first + i] ?? 0) - from + ID_AT)
      parts.push(part)
      made += count
    }
    const [only] = parts
    return parts.length === 1 && only ? only : Buffer.concat(parts)
  }

  private writeId(line: Buffer, at: number): void {
    const number = this.next++
    this.random.copy(line, at, (number * 17) % 60_000, ((number * 17) % 60_000) + 16)
    let rest = number
    for (let i = at + ID_LENGTH - 1; i >= at + 16; i -= 1) {
      line[i] = HEX.charCodeAt(rest % 16)
      rest = Math.floor(rest / 16)
    }
  }
}

const HEX = '0123456789abcdef'
