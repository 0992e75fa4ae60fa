import type { SimulationOptions } from './options.ts'

/**
 * Who installs when: the skeleton from which every part of the simulation is computed on demand. Install number i is
 * the i-th by time.
 */
export interface World {
  options: SimulationOptions
  /** Start of the period (inclusive) and end (exclusive), Unix milliseconds. */
  start: number
  end: number
  /** Install times. */
  times: Float64Array
  /** Person number of each install. */
  who: Uint32Array
  /** For a reinstall the number of the earlier install, else -1. */
  reinstallOf: Int32Array
  /** When the device was reinstalled and this install fell silent; infinite when never. */
  silentFrom: Float64Array
}
