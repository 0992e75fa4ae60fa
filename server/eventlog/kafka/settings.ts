import type { Env } from '#server/platform/env.ts'

/** How a SASL user proves itself. */
export type KafkaMechanism = 'PLAIN' | 'SCRAM-SHA-256' | 'SCRAM-SHA-512'

/** Where the brokers are and which topic is the event log. */
export interface KafkaSettings {
  /** `host:port` of brokers to begin with. */
  brokers: string[]
  topic: string
  /** The loaders' consumer group. */
  group: string
  /** Partitions of the topic when it is created; an existing topic keeps its own number. */
  partitions: number
  /** Copies of each partition when the topic is created. Absent: three, or as many as there are brokers. */
  replication: number | undefined
  tls: boolean
  sasl: { mechanism: KafkaMechanism; username: string; password: string } | undefined
}

/**
 * The Kafka settings of an environment.
 * @throws Error when EVENT_LOG is kafka and KAFKA_BROKERS is absent, or a user name comes without a password
 */
export function kafkaSettings(env: Env): KafkaSettings {
  const { KAFKA_BROKERS: brokers, KAFKA_USERNAME: username, KAFKA_PASSWORD: password } = env
  if (brokers === undefined) {
    throw new Error(
      'KAFKA_BROKERS is not set, and EVENT_LOG=kafka needs it: host:port of the brokers, comma-separated.',
    )
  }
  if ((username === undefined) !== (password === undefined)) {
    throw new Error('KAFKA_USERNAME and KAFKA_PASSWORD belong together: set both or none.')
  }
  return {
    brokers,
    topic: env.KAFKA_TOPIC,
    group: env.KAFKA_GROUP,
    partitions: env.KAFKA_PARTITIONS,
    replication: env.KAFKA_REPLICATION,
    tls: env.KAFKA_TLS,
    sasl:
      username === undefined || password === undefined
        ? undefined
        : { mechanism: env.KAFKA_MECHANISM, username, password },
  }
}
