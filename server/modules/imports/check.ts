import { type IngestKind, ingest, parseNdjson, type Rejection } from '#server/modules/events/hot.ts'

/**
 * What the collector would refuse of these rows, by the collector's own rules; nothing is sent. Links that touchpoints name
 * are not looked up here.
 * @param lines JSON on one line each; `index` of the answer is their place
 */
export function wouldRefuse(
  kind: IngestKind,
  lines: readonly string[],
  app: { orgId: string; appId: string; platform: 'ios' | 'android' | 'web' },
): Rejection[] {
  return ingest(parseNdjson(Buffer.from(lines.join('\n'))), kind, {
    ...app,
    receivedAt: Date.now(),
    requestId: 'check',
    fromServer: true,
    ip: '',
    userAgent: '',
    countryOf: () => '',
  }).rejected
}
