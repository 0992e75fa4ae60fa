import type { IncomingMessage, ServerResponse } from 'node:http'
import { type ClickOrView, readUserAgent, touchLine } from '#server/modules/events/hot.ts'
import type { HotLink } from '#server/modules/links/hot.ts'
import { AppError } from '#server/platform/errors.ts'
import { newId } from '#server/platform/ids.ts'
import { type Collector, type RequestInfo, userAgentOf } from './context.ts'
import { destinationFor } from './destination.ts'
import { readLinkParameters } from './link-params.ts'

const REDIRECT_HEADERS = [
  ...['content-length', '0'],
  ...['cache-control', 'no-store'],
  ...['referrer-policy', 'no-referrer'],
  ...['x-robots-tag', 'noindex'],
] as const

const GIF = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')

/** Programs that fetch a link to show its preview; nobody saw or clicked an ad. */
const PREVIEW =
  /facebookexternalhit|facebookcatalog|twitterbot|slackbot|discordbot|telegrambot|whatsapp\/|linkedinbot|skypeuripreview|googlebot|bingbot|applebot|pinterestbot/i

/** Why a request is answered like a click but is none; `null` for a click. */
function notAClick({ method, headers }: IncomingMessage): string | null {
  if (method === 'HEAD') return 'head'
  const purpose = `${headers['sec-purpose'] ?? ''} ${headers.purpose ?? ''} ${headers['x-purpose'] ?? ''} ${headers['x-moz'] ?? ''}`
  if (/prefetch|preview|prerender/i.test(purpose)) return 'prefetch'
  return PREVIEW.test(headers['user-agent'] ?? '') ? 'preview' : null
}

/**
 * Links that do not exist cost a look-up in Postgres each, so one address may ask for only so many of them. Past that,
 * links that are in use still work for it: a carrier's address is shared by many people.
 */
async function findLink(linkId: string, ip: string, { links, limiter }: Collector): Promise<HotLink> {
  if (!links.holds(linkId)) await limiter.check('wrongKeysPerIp', ip)
  const link = await links.link(linkId)
  if (link && !link.archived) return link
  if (!link) await limiter.take('wrongKeysPerIp', ip)
  throw new AppError('not_found', 'Check the address, or ask whoever gave you the link for a new one.')
}

function touchOf(
  request: IncomingMessage,
  info: RequestInfo,
  link: HotLink,
  type: 'click' | 'view',
  collector: Collector,
): ClickOrView {
  const userAgent = userAgentOf(request.headers['user-agent'])
  return {
    orgId: link.orgId,
    appId: link.appId,
    touchpointId: newId(type),
    touchpointType: type,
    time: collector.clock.now(),
    linkId: link.linkId,
    mediaSource: link.mediaSource,
    ...readLinkParameters(info.query, link),
    ip: info.ip,
    userAgent,
    ...readUserAgent(userAgent),
    country: collector.countryOf(info.ip),
    isRetargeting: link.isRetargeting,
    requestId: info.requestId,
  }
}

/**
 * Appends a click or view and waits until it is durable, but not for ever. Never throws: the visitor goes on either way.
 * @returns whether it is durable
 */
async function record(touch: ClickOrView, collector: Collector): Promise<boolean> {
  const { metrics, logger } = collector
  try {
    await collector.touches.record(touchLine(touch))
    if (touch.touchpointType === 'click') metrics.clicks.inc()
    else metrics.views.inc()
    return true
  } catch (error) {
    metrics.clicksNotRecorded.inc({ type: touch.touchpointType })
    const { touchpointId, linkId, requestId } = touch
    logger.error({ err: error, touchpointId, linkId, requestId }, `a ${touch.touchpointType} was not recorded`)
    return false
  }
}

/**
 * `GET /c/{link}`: records the click and redirects. HEAD, prefetches and preview programs are redirected unrecorded.
 * @throws AppError `not_found` for an unknown or archived link, `bad_request` for a destination that is not allowed,
 * `rate_limited` after too many unknown links, `unavailable` when the link cannot be looked up
 */
export async function handleClick(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  linkId: string,
  collector: Collector,
): Promise<void> {
  const link = await findLink(linkId, info.ip, collector)
  const ignored = notAClick(request)
  const touch = touchOf(request, info, link, 'click', collector)
  const { platform, mediaSource, campaign } = touch
  let location: string
  try {
    const clickId = ignored === null ? touch.touchpointId : null
    const content = touch.creative || touch.ad
    location = destinationFor({ link, platform, query: info.query, clickId, mediaSource, campaign, content })
  } catch (error) {
    collector.metrics.redirectsRefused.inc()
    throw error
  }
  let recorded = false
  if (ignored === null) recorded = await record(touch, collector)
  else collector.metrics.clicksIgnored.inc({ reason: ignored })
  // As one list: the runtime takes it as it is.
  response.writeHead(302, [
    ...['location', location],
    ...['x-request-id', info.requestId],
    ...REDIRECT_HEADERS,
    ...['x-recorded', String(recorded)],
  ])
  response.end()
}

/**
 * `GET /v/{link}`: records the view and answers a 1x1 gif that is never cached.
 * @throws AppError `not_found` for an unknown or archived link, `rate_limited` after too many unknown ones, `unavailable`
 * when the link cannot be looked up
 */
export async function handleView(
  request: IncomingMessage,
  response: ServerResponse,
  info: RequestInfo,
  linkId: string,
  collector: Collector,
): Promise<void> {
  const link = await findLink(linkId, info.ip, collector)
  const ignored = notAClick(request)
  let recorded = false
  if (ignored === null) recorded = await record(touchOf(request, info, link, 'view', collector), collector)
  else collector.metrics.clicksIgnored.inc({ reason: ignored })
  response.writeHead(200, {
    'content-type': 'image/gif',
    'content-length': GIF.length,
    'cache-control': 'no-store, private',
    // Ads stand on other people's pages, some of which refuse what does not say it may be embedded.
    'cross-origin-resource-policy': 'cross-origin',
    'x-content-type-options': 'nosniff',
    'x-request-id': info.requestId,
    'x-recorded': String(recorded),
  })
  response.end(request.method === 'HEAD' ? undefined : GIF)
}
