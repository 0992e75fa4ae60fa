import { Admin, Consumer } from '@platformatic/kafka'
import type { Logger } from '#server/platform/logger.ts'
import type { LogPlaces } from '../places.ts'
import { clientOptions } from './client.ts'
import { positionAt } from './positions.ts'
import { openKafkaLogReader } from './reader.ts'
import type { KafkaSettings } from './settings.ts'
import { ensureTopic, logIdOf } from './topic.ts'

const EARLIEST = -2n
const LATEST = -1n

/**
 * Looks into the topic's partitions.
 * @throws the brokers' error when they cannot be reached
 */
export async function kafkaPlaces(settings: KafkaSettings, logger: Logger): Promise<LogPlaces> {
  const topic = await ensureTopic(settings, logger)
  const admin = new Admin(clientOptions(settings, 'admin'))
  const consumer = new Consumer({ ...clientOptions(settings, 'admin'), groupId: `${settings.group}.admin` })
  consumer.topics.track(topic.name)
  const offsets = async (timestamp: bigint) =>
    (await consumer.listOffsets({ topics: [topic.name], timestamp })).get(topic.name) ?? []

  /** When the oldest message of a partition was appended. */
  const oldestAt = async (partition: number, first: bigint): Promise<number | undefined> => {
    const reader = openKafkaLogReader({ settings, topic, partition, logger, stateDir: '.' })
    try {
      const [frame] = await reader.read(positionAt(first), 1)
      return frame?.appendedAt
    } finally {
      await reader.close()
    }
  }
  return {
    async busy() {
      const group = (await admin.describeGroups({ groups: [settings.group] })).get(settings.group)
      const members = group?.members.size ?? 0
      return members === 0 ? undefined : `The consumer group ${settings.group} has ${members} members.`
    },
    async at(at) {
      const [first, end, from] = [await offsets(EARLIEST), await offsets(LATEST), await offsets(BigInt(at))]
      return Promise.all(
        Array.from({ length: topic.partitions }, async (_, partition) => {
          const last = end[partition] ?? 0n
          const since = from[partition] ?? -1n
          return {
            logId: logIdOf(topic, partition),
            // -1: nothing is as young as that.
            from: positionAt(since < 0n ? last : since),
            end: positionAt(last),
            oldestAt: await oldestAt(partition, first[partition] ?? 0n),
          }
        }),
      )
    },
    // What the brokers keep is their own affair.
    hold: async () => undefined,
    async close() {
      await consumer.close(true)
      await admin.close()
    },
  }
}
