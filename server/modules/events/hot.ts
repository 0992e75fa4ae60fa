// What the collector and importers share: checking events and touchpoints, and the rows they become. No database.
export { type CountryOf, openGeo } from './geo.ts'
export type { IngestKind } from './ingest/batch.ts'
export type { IngestContext, IngestResult, LinkOrigin, Platform, Rejection } from './ingest/context.ts'
export { PLATFORMS } from './ingest/context.ts'
export { canonicalJson, isObject, type JsonObject, parseExactly } from './ingest/json.ts'
export {
  ingest,
  ingestEvents,
  namedLinks,
  type ParsedItem,
  parseItems,
  parseJson,
  parseNdjson,
  refusedBody,
  type SplitBody,
  splitBody,
  UnreadableBody,
} from './ingest/parse.ts'
export { Refusal, type RefusalCode } from './ingest/refusal.ts'
export { deriveId } from './ingest/row.ts'
export { MOST_ITEMS } from './ingest/split.ts'
export { type ClickOrView, touchLine } from './ingest/touch-row.ts'
export { type Device, readUserAgent } from './ingest/user-agent.ts'
