import { randomBytes } from 'node:crypto'
import { existsSync, readdirSync } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker, whyNoKafka } from '#e2e/fixtures/kafka.ts'
import { quiet, scratchDir } from '../disk/testing/log.ts'
import { describeEventLog } from '../testing/conformance.ts'
import { linesFrame } from '../testing/lines.ts'
import { openKafkaLogReader } from './reader.ts'
import type { KafkaSettings } from './settings.ts'
import { ensureTopic } from './topic.ts'
import { openKafkaLogWriter } from './writer.ts'

const why = await whyNoKafka()
const PARTITIONS = 3

describe.skipIf(why !== undefined)('on a real broker', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker()
  })
  afterAll(() => broker?.stop())

  const settingsOf = (topic: string): KafkaSettings => ({
    brokers: [broker.address],
    topic,
    group: topic,
    partitions: PARTITIONS,
    replication: undefined,
    tls: false,
    sasl: undefined,
  })
  const newTopic = () => `events.${randomBytes(4).toString('hex')}`

  describeEventLog('Kafka', async () => {
    const { dir, drop } = scratchDir()
    const topic = newTopic()
    const settings = settingsOf(topic)
    return {
      openWriter: (options) => openKafkaLogWriter({ settings, logger: quiet, ...options }),
      async openReaders(onDamage) {
        const found = await ensureTopic(settings, quiet)
        return Array.from({ length: found.partitions }, (_, partition) =>
          openKafkaLogReader({
            settings,
            topic: found,
            partition,
            logger: quiet,
            stateDir: dir,
            ...(onDamage ? { onDamage } : {}),
          }),
        )
      },
      async flipBitOf(text) {
        for (let partition = 0; partition < PARTITIONS; partition += 1) {
          const folder = join(broker.dataDir, `${topic}-${partition}`)
          for (const name of readdirSync(folder).filter((each) => each.endsWith('.log'))) {
            const at = (await readFile(join(folder, name))).indexOf(text)
            if (at === -1) continue
            const file = await open(join(folder, name), 'r+')
            const byte = Buffer.alloc(1)
            await file.read(byte, 0, 1, at + 3)
            await file.write(Buffer.from([byte.readUInt8(0) ^ 4]), 0, 1, at + 3)
            await file.close()
          }
        }
      },
      async breakDown() {
        await broker.kill()
        return { restore: () => broker.restart() }
      },
      writerProcess: () => [
        join(import.meta.dirname, '../testing/append-process.ts'),
        JSON.stringify({
          DATA_DIR: dir,
          EVENT_LOG: 'kafka',
          KAFKA_BROKERS: broker.address,
          KAFKA_TOPIC: topic,
          KAFKA_PARTITIONS: String(PARTITIONS),
        }),
      ],
      drop: async () => drop(),
    }
  })

  describe('the event log on Kafka alone', () => {
    it('takes appends of several writers at once', async () => {
      const { dir, drop } = scratchDir()
      const settings = settingsOf(newTopic())
      const writers = await Promise.all([1, 2, 3].map(() => openKafkaLogWriter({ settings, logger: quiet })))
      await Promise.all(
        writers.flatMap((writer, w) =>
          Array.from({ length: 30 }, (_, i) => writer.append([linesFrame(w * 1_000 + i)])),
        ),
      )
      for (const writer of writers) await writer.close()
      const topic = await ensureTopic(settings, quiet)
      expect(topic.partitions).toBe(PARTITIONS)
      let lines = 0
      for (let partition = 0; partition < PARTITIONS; partition += 1) {
        const reader = openKafkaLogReader({ settings, topic, partition, logger: quiet, stateDir: dir })
        for (let at = 0n, frames = await reader.read(at, 1e6); frames.length > 0; frames = await reader.read(at, 1e6)) {
          lines += frames.length
          at = frames.at(-1)?.next ?? at
        }
        await reader.close()
      }
      expect(lines).toBe(90)
      drop()
    })

    it('splits what is larger than the brokers take at once', async () => {
      const { dir, drop } = scratchDir()
      const settings = settingsOf(newTopic())
      const writer = await openKafkaLogWriter({ settings, logger: quiet })
      const line = `${'0'.repeat(32)} "${'x'.repeat(99_965)}"\n`
      await writer.append([{ kind: 'touchpoint', rows: 40, payload: Buffer.from(line.repeat(40)) }])
      await writer.close()
      const topic = await ensureTopic(settings, quiet)
      const reader = openKafkaLogReader({ settings, topic, partition: 0, logger: quiet, stateDir: dir })
      let rows = 0
      for (let at = 0n, frames = await reader.read(at, 1e6); frames.length > 0; frames = await reader.read(at, 1e6)) {
        rows += frames.reduce((sum, frame) => sum + frame.rows, 0)
        at = frames.at(-1)?.next ?? at
      }
      expect(rows).toBe(40)
      await reader.close()
      drop()
      expect(existsSync(dir)).toBe(false)
    })
  })
})
