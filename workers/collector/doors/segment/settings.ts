import type { ServerResponse } from 'node:http'
import type { Collector, RequestInfo } from '../../context.ts'
import { sendJson } from '../../respond.ts'
import { settingsKey } from './sender.ts'

/**
 * `GET /v1/projects/{write key}/settings`: what Segment's browser library asks its `cdnURL` for before it sends. The answer
 * has it send to this collector and load nothing from anywhere else.
 * @throws AppError `unauthorized` for a key that is unknown or revoked
 */
export async function handleSegmentSettings(
  response: ServerResponse,
  info: RequestInfo,
  collector: Collector,
): Promise<void> {
  const writeKey = info.path.split('/')[3] ?? ''
  await settingsKey(writeKey, info, collector)
  const { protocol, host, pathname } = new URL(collector.publicUrl)
  const body = {
    integrations: {
      'Segment.io': {
        apiKey: writeKey,
        // The library writes `<protocol>://<apiHost>/t`.
        apiHost: `${host}${pathname.replace(/\/+$/, '')}/v1`,
        protocol: protocol.replace(':', ''),
        bundlingStatus: 'bundled',
        addBundledMetadata: true,
        unbundledIntegrations: [],
        type: 'server',
        componentTypes: [],
        versionSettings: { version: '4.4.7', componentTypes: [] },
      },
    },
    plan: {
      track: { __default: { enabled: true, integrations: {} } },
      identify: { __default: { enabled: true } },
      group: { __default: { enabled: true } },
    },
    edgeFunction: {},
    analyticsNextEnabled: true,
    middlewareSettings: {},
    enabledMiddleware: {},
    metrics: { sampleRate: 0 },
    legacyVideoPluginsEnabled: false,
    remotePlugins: [],
  }
  sendJson(response, 200, body, { 'cache-control': 'public, max-age=60' })
}
