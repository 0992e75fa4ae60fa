import { DEVICES_PER_ADDRESS, PATHS, runTruth, type TruthFigures, WINDOW_HOURS } from '#e2e/attribution/truth.ts'
import { figure, type Row } from './report.ts'

const INSTALLS = 100_000
const DAYS = 30
const TOUCHPOINTS_PER_INSTALL = 7

/**
 * `npm run bench -- attribution-truth`: how often the engine is right about 100,000 simulated installs (times `scale`), for
 * each probabilistic window and with 1, 10 and 100 devices behind every address; some of their clicks and referrers come late,
 * some were made on the web, and networks claim some. There is no baseline: the truth is it.
 */
export async function benchAttributionTruth(options: { scale: number }): Promise<Row[]> {
  const installs = Math.round(INSTALLS * options.scale)
  return DEVICES_PER_ADDRESS.flatMap((devicesPerAddress) => {
    const world = { seed: 7, installs, devicesPerAddress, days: DAYS, touchpointsPerInstall: TOUCHPOINTS_PER_INSTALL }
    const { touchpoints, figures } = runTruth(world, WINDOW_HOURS)
    const name = `installs=${installs} touchpoints=${touchpoints} days=${DAYS} devices_per_address=${devicesPerAddress}`
    return figures.flatMap((one) => rowsOf(`${name} window_h=${one.windowHours}`, one))
  })
}

function rowsOf(name: string, one: TruthFigures): Row[] {
  // Four nines do not fit into the three digits of a rounded figure; the errors do.
  const row = (metric: string, part: number, whole: number) =>
    figure(name, metric, whole === 0 ? 0 : part / whole, 'share')
  return [
    figure(name, 'deterministic', one.deterministic, 'installs'),
    figure(name, 'deterministic_wrong', one.deterministic - one.deterministicRight, 'installs'),
    ...PATHS.flatMap((path) => [
      figure(name, path, one.paths[path].installs, 'installs'),
      figure(name, `${path}_wrong`, one.paths[path].installs - one.paths[path].right, 'installs'),
    ]),
    figure(name, 'overturned_by_late_arrivals', one.overturned, 'installs'),
    figure(name, 'blind', one.blind, 'installs'),
    figure(name, 'blind_left_out', one.blindLeftOut, 'installs'),
    row('probabilistic_precision', one.probabilisticRight, one.probabilistic),
    row('probabilistic_campaign_precision', one.probabilisticRightCampaign, one.probabilistic),
    row('probabilistic_recall', one.probabilisticRight, one.blind),
    row('organic_misattributed', one.organicMisattributed, one.organic),
  ]
}
