/** The traffic simulator as a library; `cli/simulate.ts` is its command. */
export { CAMPAIGNS, type Campaign } from './campaigns.ts'
export type { Detour } from './detours.ts'
export { writeFiles } from './files.ts'
export { FRAUD_KINDS, type FraudKind } from './fraud.ts'
export { optionsSchema, type SimulationInput, type SimulationOptions, startOfDay } from './options.ts'
export type { EventRow, TouchpointRow, TruthRow } from './rows.ts'
export { type Arrived, type Simulation, simulate } from './simulate.ts'
