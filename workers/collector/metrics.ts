import { Counter, Histogram, type Registry } from 'prom-client'

/** The collector's own figures; names stand in the README's operations part. */
export type CollectorMetrics = ReturnType<typeof createCollectorMetrics>

/** Registers the collector's metrics. Once per registry. */
export function createCollectorMetrics(registry: Registry) {
  const registers = [registry]
  const counter = <Label extends string>(name: string, help: string, labelNames: Label[] = []) =>
    new Counter({ name, help, labelNames, registers })
  const clicksNotRecorded = counter(
    'clicks_not_recorded_total',
    'Clicks and views that were answered although their record could not be made durable',
    ['type'],
  )
  // Shown as 0 from the start: an alert on a series that does not exist yet never fires.
  for (const type of ['click', 'view']) clicksNotRecorded.inc({ type }, 0)
  return {
    accepted: counter('collector_accepted_total', 'Events and touchpoints accepted, once durable', ['kind']),
    rejected: counter('collector_rejected_total', 'Events and touchpoints refused, by reason', ['kind', 'code']),
    appendedBytes: counter('collector_appended_bytes_total', 'Bytes of rows appended to the event log'),
    clicks: counter('collector_clicks_total', 'Clicks recorded, once durable'),
    views: counter('collector_views_total', 'Views recorded, once durable'),
    clicksNotRecorded,
    clicksIgnored: counter('collector_clicks_ignored_total', 'Link requests that are no click, by reason', ['reason']),
    redirectsRefused: counter(
      'collector_redirects_refused_total',
      'Destinations in the query that the link does not allow',
    ),
    lookups: counter('collector_lookups_total', 'Look-ups of keys, apps and links by how they were answered', [
      'what',
      'result',
    ]),
    rateLimited: counter('collector_rate_limited_total', 'Requests refused by a rate limit', ['limit']),
    quotaRefused: counter('collector_quota_refused_total', 'Events refused because the plan is used up'),
    requestSeconds: new Histogram({
      name: 'collector_request_seconds',
      help: 'Time from the request head to the end of the answer',
      labelNames: ['route', 'status'] as const,
      buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers,
    }),
  }
}
