import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Collector, RequestInfo } from './context.ts'
import { doorOf } from './doors/routes.ts'
import { handleIngest } from './ingest.ts'
import { handleSdkScript } from './sdk-script.ts'
import { handleClick, handleView } from './touch.ts'

/** A matched route. */
export interface Route {
  /** Its name in metrics. */
  name: string
  methods: readonly string[]
  /** Errors are shown to a person in a browser, not to a program. */
  forPeople: boolean
  /** Scripts of any web page may call it. */
  openToBrowsers: boolean
  /** Its handler writes the header x-request-id itself. */
  namesRequest?: true
  handle(request: IncomingMessage, response: ServerResponse, info: RequestInfo, collector: Collector): Promise<void>
  /** Answers an error in another shape than the contract's. */
  sendError?(response: ServerResponse, error: unknown, requestId: string): void
}

const EVENTS: Route = {
  name: '/v1/events',
  methods: ['POST'],
  forPeople: false,
  openToBrowsers: true,
  handle: (request, response, info, collector) => handleIngest(request, response, info, 'event', collector),
}
const TOUCHPOINTS: Route = {
  name: '/v1/touchpoints',
  methods: ['POST'],
  forPeople: false,
  openToBrowsers: false,
  handle: (request, response, info, collector) => handleIngest(request, response, info, 'touchpoint', collector),
}
const linkOf = ({ path }: RequestInfo) => path.slice(3).replace(/\/$/, '')
const CLICK: Route = {
  name: '/c/{link}',
  methods: ['GET', 'HEAD'],
  forPeople: true,
  openToBrowsers: false,
  namesRequest: true,
  handle: (request, response, info, collector) => handleClick(request, response, info, linkOf(info), collector),
}
const VIEW: Route = {
  name: '/v/{link}',
  methods: ['GET', 'HEAD'],
  forPeople: false,
  openToBrowsers: false,
  namesRequest: true,
  handle: (request, response, info, collector) => handleView(request, response, info, linkOf(info), collector),
}
const SDK_SCRIPT: Route = {
  name: '/sdk/v1.js',
  methods: ['GET', 'HEAD'],
  forPeople: false,
  openToBrowsers: false,
  handle: async (request, response) => handleSdkScript(request, response),
}

/** The product route of a path; `null` when there is none. */
export function routeOf(path: string): Route | null {
  if (path === '/v1/events') return EVENTS
  if (path === '/v1/touchpoints') return TOUCHPOINTS
  if (path === '/sdk/v1.js') return SDK_SCRIPT
  if (path.startsWith('/c/')) return CLICK
  if (path.startsWith('/v/')) return VIEW
  return doorOf(path)
}
