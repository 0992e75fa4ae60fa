import type { Route } from '../routes.ts'
import { type AdjustPath, sendAdjustError } from './adjust/answers.ts'
import { handleAdjust } from './adjust/handler.ts'
import { handleAppsflyer } from './appsflyer/handler.ts'
import { handleSegment } from './segment/handler.ts'
import type { CallType } from './segment/message.ts'
import { handleSegmentSettings } from './segment/settings.ts'

/** Segment's addresses; `null` takes batches. Its browser library uses the letters, its older mobile ones `import`. */
const SEGMENT: Readonly<Record<string, CallType | null>> = {
  track: 'track',
  t: 'track',
  identify: 'identify',
  i: 'identify',
  page: 'page',
  p: 'page',
  screen: 'screen',
  s: 'screen',
  alias: 'alias',
  a: 'alias',
  group: 'group',
  g: 'group',
  batch: null,
  b: null,
  import: null,
}

const segmentRoutes = Object.entries(SEGMENT).map(([name, call]): [string, Route] => [
  `/v1/${name}`,
  {
    name: `/v1/${name}`,
    methods: ['POST'],
    forPeople: false,
    openToBrowsers: true,
    handle: (request, response, info, collector) => handleSegment(request, response, info, call, collector),
  },
])

const adjustRoutes = (['/event', '/session', '/ad_revenue'] satisfies AdjustPath[]).map((path): [string, Route] => [
  path,
  {
    name: path,
    methods: ['GET', 'POST'],
    forPeople: false,
    openToBrowsers: false,
    handle: (request, response, info, collector) => handleAdjust(request, response, info, path, collector),
    sendError: (response, error, requestId) => sendAdjustError(response, path, error, requestId),
  },
])

const SETTINGS: Route = {
  name: '/v1/projects/{key}/settings',
  methods: ['GET', 'HEAD'],
  forPeople: false,
  openToBrowsers: true,
  handle: (_request, response, info, collector) => handleSegmentSettings(response, info, collector),
}

const APPSFLYER: Route = {
  name: '/inappevent/{app_id}',
  methods: ['POST'],
  forPeople: false,
  openToBrowsers: false,
  handle: handleAppsflyer,
}

const EXACT: ReadonlyMap<string, Route> = new Map([...segmentRoutes, ...adjustRoutes])

/** The route of an address that another vendor's clients call; `null` for any other. */
export function doorOf(path: string): Route | null {
  const exact = EXACT.get(path)
  if (exact) return exact
  if (path.startsWith('/inappevent/')) return APPSFLYER
  if (path.startsWith('/v1/projects/') && path.endsWith('/settings')) return SETTINGS
  return null
}
