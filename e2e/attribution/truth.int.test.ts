import { beforeAll, describe, expect, it } from 'vitest'
import { DEVICES_PER_ADDRESS, PATHS, runTruth, type TruthFigures, WINDOW_HOURS } from './truth.ts'

const DEFAULT_WINDOW = 6
const share = (part: number, whole: number) => part / whole

describe.each(DEVICES_PER_ADDRESS)('with %i devices behind every address', (devicesPerAddress) => {
  let figures: TruthFigures[]
  beforeAll(() => {
    // Where the share of errors is nearest to its bound, fewer installs would say more of chance than of the engine.
    const installs = devicesPerAddress === 100 ? 20_000 : 10_000
    const world = { seed: 3, installs, devicesPerAddress, days: 30, touchpointsPerInstall: 7 }
    figures = runTruth(world, WINDOW_HOURS).figures
  }, 180_000)
  const at = (hours: number): TruthFigures => {
    const found = figures.find(({ windowHours }) => windowHours === hours)
    if (!found) throw new Error(`no figures for ${hours} h`)
    return found
  }

  it('the world has installs of every kind to be right and wrong about', () => {
    const { installs, deterministic, blind, organic } = at(DEFAULT_WINDOW)
    expect(deterministic + blind + organic).toBe(installs)
    expect(deterministic).toBeGreaterThan(installs * 0.6)
    expect(blind).toBeGreaterThan(installs * 0.03)
    expect(organic).toBeGreaterThan(installs * 0.25)
  })
  it('has clicks and claims that come after the install, and they change what was decided at first', () => {
    const { installs, paths, overturned } = at(DEFAULT_WINDOW)
    for (const path of PATHS) expect(paths[path].installs, path).toBeGreaterThan(installs * 0.02)
    expect(overturned).toBeGreaterThan(installs * 0.03)
  })
  it.each(PATHS)('every install by way of %s is right that an id ties to its touch', (path) => {
    for (const { paths } of figures) expect(paths[path].right).toBe(paths[path].installs)
  })
  it('what no id ties to its touch is mostly handed to the engine: only what lies too far back is left out', () => {
    for (const { blind, blindLeftOut } of figures) expect(share(blindLeftOut, blind)).toBeLessThan(0.15)
  })
  it('99.99 % of the installs that an id ties to their touch are right, under every window', () => {
    for (const { deterministic, deterministicRight } of figures) {
      expect(share(deterministicRight, deterministic)).toBeGreaterThanOrEqual(0.9999)
    }
  })
  it('at most 0.5 % of organic installs are misattributed, under every window', () => {
    for (const { organic, organicMisattributed } of figures) {
      expect(share(organicMisattributed, organic)).toBeLessThanOrEqual(0.005)
    }
  })
  it('probabilistic matches find a good part of what no id ties', () => {
    const { blind, probabilisticRight } = at(DEFAULT_WINDOW)
    expect(share(probabilisticRight, blind)).toBeGreaterThan(devicesPerAddress === 100 ? 0.3 : 0.4)
  })
  it('a longer window never finds less', () => {
    const found = figures.map(({ probabilisticRight }) => probabilisticRight)
    expect(found).toEqual([...found].sort((a, b) => a - b))
  })
  it('nearly every probabilistic match names the very touch', () => {
    const { probabilistic, probabilisticRight } = at(DEFAULT_WINDOW)
    expect(probabilistic).toBeGreaterThan(150)
    // A hundred devices behind one address look too much alike for more; there the bound is what organic installs suffer.
    const atLeast = devicesPerAddress === 100 ? 0.9 : 0.95
    expect(share(probabilisticRight, probabilistic)).toBeGreaterThanOrEqual(atLeast)
  })
})
