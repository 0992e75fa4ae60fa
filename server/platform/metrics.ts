import { collectDefaultMetrics, Registry } from 'prom-client'

/**
 * The Prometheus registry of this process, with Node's own figures in it. Roles add their counters to it.
 * Kept on globalThis because Next bundles this file more than once.
 */
export function metricsRegistry(): Registry {
  const holder = globalThis as { unmogrowpMetrics?: Registry }
  if (!holder.unmogrowpMetrics) {
    holder.unmogrowpMetrics = new Registry()
    collectDefaultMetrics({ register: holder.unmogrowpMetrics })
  }
  return holder.unmogrowpMetrics
}
