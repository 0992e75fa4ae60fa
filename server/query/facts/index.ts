import type { FactName } from '../measures.ts'
import { events } from './events.ts'
import type { Fact } from './fact.ts'
import { installs } from './installs.ts'
import { costs, revenue } from './money.ts'
import { retention } from './retention.ts'
import { returns } from './returns.ts'
import { touchpoints } from './touchpoints.ts'

/** Every fact, by name. */
export const FACTS: Record<FactName, Fact> = { touchpoints, installs, returns, events, revenue, costs, retention }
export { type Fact, hourText } from './fact.ts'
