import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Broker, startBroker, whyNoKafka } from '#e2e/fixtures/kafka.ts'
import { parseEnv } from '#server/platform/env.ts'
import { quiet, scratchDir } from '../disk/testing/log.ts'
import { openEventLogWriter } from '../open.ts'
import { linesFrame } from '../testing/lines.ts'
import { openKafkaLogReader } from './reader.ts'
import { kafkaSettings } from './settings.ts'
import { ensureTopic } from './topic.ts'

const why = await whyNoKafka()
const LOGIN = 'org.apache.kafka.common.security.plain.PlainLoginModule required'

describe.skipIf(why !== undefined)('brokers that want a user and a password', () => {
  let broker: Broker
  beforeAll(async () => {
    broker = await startBroker({
      // The listener keeps its name and asks for a user.
      'listener.security.protocol.map': 'PLAINTEXT:SASL_PLAINTEXT,CONTROLLER:PLAINTEXT',
      'inter.broker.listener.name': 'PLAINTEXT',
      'sasl.enabled.mechanisms': 'PLAIN',
      'sasl.mechanism.inter.broker.protocol': 'PLAIN',
      'listener.name.plaintext.plain.sasl.jaas.config': `${LOGIN} username="events" password="right" user_events="right";`,
    })
  }, 90_000)
  afterAll(() => broker?.stop())

  const envWith = (password: string) =>
    parseEnv({
      EVENT_LOG: 'kafka',
      KAFKA_BROKERS: broker.address,
      KAFKA_PARTITIONS: '1',
      KAFKA_USERNAME: 'events',
      KAFKA_PASSWORD: password,
      KAFKA_MECHANISM: 'PLAIN',
    })

  it('take events of a user they know, and turn away one they do not, with a sentence', async () => {
    const writer = await openEventLogWriter(envWith('right'), quiet)
    await writer.append([linesFrame(1, 2)])
    await writer.close()
    const { dir, drop } = scratchDir()
    const settings = kafkaSettings(envWith('right'))
    const topic = await ensureTopic(settings, quiet)
    const reader = openKafkaLogReader({ settings, topic, partition: 0, logger: quiet, stateDir: dir })
    expect((await reader.read(0n, 1_000)).map(({ rows }) => rows)).toEqual([2])
    await reader.close()
    drop()
    await expect(openEventLogWriter(envWith('wrong'), quiet)).rejects.toThrow('cannot be opened at')
  }, 60_000)
})
