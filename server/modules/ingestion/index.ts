export { type Replayed, type ReplayTarget, replayLetters } from './replay.ts'
export { letterSelection } from './schema.ts'
export { type CollectorAnswer, sendLines } from './send.ts'
