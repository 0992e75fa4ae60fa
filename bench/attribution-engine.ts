import { DEFAULT_SETTINGS, decide, type Install, type Touchpoint } from '#server/modules/attribution/index.ts'
import { median, type Row, rate } from './report.ts'

const HOUR = 3_600_000
const NOW = Date.UTC(2026, 10, 1)
const INSTALLS = 100_000

interface Question {
  install: Install
  touchpoints: Touchpoint[]
}

/**
 * One install with five candidates, as they come in the field: a click the install names, an older click and a view of the
 * same device, a click of a stranger behind the same address, and one of the same kind of device there. Every fourth install
 * names nothing, every eighth has no ids either.
 */
function question(n: number): Question {
  const id = (kind: string) => `${n.toString(16).padStart(8, '0')}-0000-4000-8000-${kind.padStart(12, '0')}`
  const named = n % 4 !== 0
  const advertisingId = n % 8 === 0 ? '00000000-0000-0000-0000-000000000000' : id('a')
  const ip = `10.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`
  const installTime = NOW + n * 100
  const device = { ip, platform: 'android', osVersion: '15', deviceModel: 'Pixel 8' } as const
  const touch = (kind: string, hours: number, more: Partial<Touchpoint>): Touchpoint => ({
    ...device,
    touchpointId: id(kind),
    touchpointType: 'click',
    touchpointTime: installTime - hours * HOUR,
    mediaSource: 'google_ads',
    campaign: 'autumn',
    ...more,
  })
  return {
    install: {
      ...device,
      deviceId: id('d'),
      installTime,
      advertisingId,
      ...(named && { referrerClickId: id('1') }),
      installBeginTime: installTime - 60_000,
    },
    touchpoints: [
      touch('3', 30 + (n % 7), { advertisingId, touchpointType: 'view', mediaSource: 'unity_ads' }),
      touch('1', 0.2 + (n % 5), { advertisingId }),
      touch('5', 0.4 + (n % 3), { mediaSource: 'tiktok_ads' }),
      touch('2', 20 + (n % 11), { advertisingId, mediaSource: 'meta_ads' }),
      touch('4', 1 + (n % 20), { osVersion: '13', deviceModel: 'moto g54', mediaSource: 'applovin' }),
    ],
  }
}

/** What any engine must at least do: copy the candidates and put the most recent first. */
function bare({ install, touchpoints }: Question): Touchpoint | undefined {
  return touchpoints
    .map((one) => ({ ...one, age: install.installTime - one.touchpointTime }))
    .sort((a, b) => a.age - b.age)[0]
}

function perSecond(questions: readonly Question[], run: (one: Question) => unknown): number {
  const started = performance.now()
  let answered = 0
  for (const one of questions) if (run(one) !== undefined) answered++
  const seconds = (performance.now() - started) / 1000
  if (answered !== questions.length) throw new Error(`${answered} of ${questions.length} installs were answered`)
  return questions.length / seconds
}

/**
 * `npm run bench -- attribution-engine`: installs a second that the engine decides on one core, in memory, with 5 candidates
 * each, against a bare loop that only copies the same candidates and sorts them by time. Median of `runs`.
 */
export async function benchAttributionEngine(options: { runs: number; scale: number }): Promise<Row[]> {
  const questions = Array.from({ length: Math.round(INSTALLS * options.scale) }, (_, n) => question(n))
  const ours = ({ install, touchpoints }: Question) => decide(install, touchpoints, DEFAULT_SETTINGS)
  const kinds = new Set(questions.slice(0, 100).map((one) => ours(one).matchType))
  if (!kinds.has('install_referrer') || !kinds.has('device_id')) throw new Error('the candidates decide nothing')
  const warm = questions.slice(0, 5_000)
  perSecond(warm, bare)
  perSecond(warm, ours)
  const measured: number[] = []
  const baseline: number[] = []
  for (let run = 0; run < options.runs; run++) {
    baseline.push(perSecond(questions, bare))
    measured.push(perSecond(questions, ours))
  }
  const name = `installs=${questions.length} candidates=5 cores=1`
  return [rate(name, 'decided_installs_per_s', median(measured), '1/s', median(baseline))]
}
