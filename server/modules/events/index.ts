export { type LiveEvent, liveEvents, newestEvent } from './live.ts'
export { eventNames, type RawEvent, rawEvent } from './raw.ts'
export { type RejectedRow, rejectedEvents, stillOpen } from './rejected.ts'
