import type { BaseOptions } from '@platformatic/kafka'
import type { KafkaSettings } from './settings.ts'

/** How long one request may take, in milliseconds. */
export const REQUEST_MS = 10_000

/**
 * What every client of the brokers is opened with.
 * @param purpose part of the client's name, for the broker's own logs and metrics
 */
export function clientOptions(settings: KafkaSettings, purpose: string): BaseOptions {
  return {
    clientId: `unmogrowp-${purpose}`,
    bootstrapBrokers: settings.brokers,
    connectTimeout: 3_000,
    requestTimeout: REQUEST_MS,
    timeout: REQUEST_MS,
    retries: 3,
    retryDelay: 250,
    ...(settings.tls ? { tls: {} } : {}),
    ...(settings.sasl ? { sasl: settings.sasl } : {}),
  }
}
