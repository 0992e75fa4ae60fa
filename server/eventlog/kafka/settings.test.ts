import { describe, expect, it } from 'vitest'
import { parseEnv } from '#server/platform/env.ts'
import { kafkaSettings } from './settings.ts'

const given = { EVENT_LOG: 'kafka', KAFKA_BROKERS: 'one:9092, two:9093' }

describe('the settings of Kafka', () => {
  it('come from the environment, with what is usual where nothing is said', () => {
    expect(kafkaSettings(parseEnv(given))).toEqual({
      brokers: ['one:9092', 'two:9093'],
      topic: 'unmogrowp.events',
      group: 'unmogrowp.loader',
      partitions: 8,
      replication: undefined,
      tls: false,
      sasl: undefined,
    })
    const secured = { ...given, KAFKA_USERNAME: 'u', KAFKA_PASSWORD: 'p', KAFKA_MECHANISM: 'PLAIN', KAFKA_TLS: '1' }
    expect(kafkaSettings(parseEnv(secured))).toMatchObject({
      tls: true,
      sasl: { mechanism: 'PLAIN', username: 'u', password: 'p' },
    })
  })

  it('are refused by name where something is absent or wrong', () => {
    expect(() => kafkaSettings(parseEnv({ EVENT_LOG: 'kafka' }))).toThrow('KAFKA_BROKERS')
    expect(() => kafkaSettings(parseEnv({ ...given, KAFKA_USERNAME: 'u' }))).toThrow('KAFKA_PASSWORD')
    expect(() => parseEnv({ ...given, KAFKA_BROKERS: 'one' })).toThrow('KAFKA_BROKERS')
    expect(() => parseEnv({ ...given, KAFKA_TOPIC: 'a b' })).toThrow('KAFKA_TOPIC')
  })
})
