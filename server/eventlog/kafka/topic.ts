import { Admin, ConfigResourceTypes, findErrorBy } from '@platformatic/kafka'
import type { Logger } from '#server/platform/logger.ts'
import { clientOptions } from './client.ts'
import type { KafkaSettings } from './settings.ts'

/** The topic that holds the event log. */
export interface Topic {
  name: string
  /** The brokers' own id of it: a topic that is deleted and made anew has another. */
  id: string
  partitions: number
  /** Most bytes that the brokers take as one batch of one partition. */
  maxBatchBytes: number
}

/** Kafka's own default of max.message.bytes, where the brokers do not tell. */
const DEFAULT_MAX_BATCH = 1_048_588

/**
 * Finds the topic, and creates it when it is absent.
 * @throws the brokers' error: they cannot be reached, or the user may not create topics
 */
export async function ensureTopic(settings: KafkaSettings, logger: Logger): Promise<Topic> {
  const admin = new Admin(clientOptions(settings, 'setup'))
  try {
    const { topic: name } = settings
    if (!(await admin.listTopics()).includes(name)) await create(admin, settings, logger)
    const found = (await admin.metadata({ topics: [name], forceUpdate: true })).topics.get(name)
    if (!found) throw new Error(`The brokers do not know the topic ${name}.`)
    return { name, id: found.id, partitions: found.partitionsCount, maxBatchBytes: await maxBatchBytes(admin, name) }
  } finally {
    await admin.close()
  }
}

async function create(admin: Admin, settings: KafkaSettings, logger: Logger): Promise<void> {
  const { topic, partitions } = settings
  const brokers = (await admin.metadata({})).brokers.size
  const replicas = settings.replication ?? Math.min(3, Math.max(1, brokers))
  // By the brokers' clock: a collector's may be wrong, and retention and replays go by a message's time.
  const configs = [{ name: 'message.timestamp.type', value: 'LogAppendTime' }]
  // With three copies an acknowledgement means two of them: one broker may be gone without a loss or a stop.
  if (replicas >= 3) configs.push({ name: 'min.insync.replicas', value: '2' })
  try {
    await admin.createTopics({ topics: [topic], partitions, replicas, configs })
    logger.info({ topic, partitions, replicas }, 'created the topic of the event log')
  } catch (error) {
    // Another process was first.
    if (!(error instanceof Error) || !findErrorBy(error, 'apiId', 'TOPIC_ALREADY_EXISTS')) throw error
  }
}

async function maxBatchBytes(admin: Admin, topic: string): Promise<number> {
  try {
    const [description] = await admin.describeConfigs({
      resources: [
        { resourceType: ConfigResourceTypes.TOPIC, resourceName: topic, configurationKeys: ['max.message.bytes'] },
      ],
    })
    return Number(description?.configs.find(({ name }) => name === 'max.message.bytes')?.value) || DEFAULT_MAX_BATCH
  } catch (error) {
    // Reading the settings is a right of its own, which a user who may only write and read does not need.
    if (error instanceof Error && findErrorBy(error, 'apiId', 'TOPIC_AUTHORIZATION_FAILED')) return DEFAULT_MAX_BATCH
    throw error
  }
}

/** The id of one partition's log, by which its progress is kept. */
export function logIdOf(topic: Topic, partition: number): string {
  return `kafka:${topic.name}:${partition}:${topic.id}`
}
