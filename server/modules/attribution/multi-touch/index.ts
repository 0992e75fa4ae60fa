export type { ModelFigures, MultiTouchMissing, MultiTouchRow } from './answer.ts'
export { type JourneyContext, journeys } from './journeys.ts'
export { multiTouchRest } from './rest.ts'
export { LEVELS, type Level, type MultiTouchInput, multiTouchInput, restMultiTouchInput } from './schema.ts'
export {
  type DataDrivenAnswer,
  dataDrivenModels,
  type MultiTouchSubject,
  type PathStatistics,
  pathStatistics,
  type TouchModelsAnswer,
  touchModels,
} from './service.ts'
export { Turns } from './turns.ts'
