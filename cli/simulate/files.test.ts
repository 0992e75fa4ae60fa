import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'simulate-'))
afterAll(() => rmSync(folder, { recursive: true }))

const COMMAND = join(import.meta.dirname, '..', 'simulate.ts')
const args = [
  '--seed',
  '3',
  '--installs',
  '300',
  '--days',
  '10',
  '--end',
  '2026-11-01',
  '--fraud',
  '0.1',
  '--nat',
  '0.2',
]
const FILES = ['touchpoints.ndjson', 'events.ndjson', 'truth.csv']
const read = (run: string) => FILES.map((file) => readFileSync(join(folder, run, file), 'utf8'))

it('the command writes the three files, byte for byte the same each time', () => {
  for (const run of ['one', 'two']) execFileSync(process.execPath, [COMMAND, ...args, '--out', join(folder, run)])
  const hashes = (run: string) => read(run).map((text) => createHash('sha256').update(text).digest('hex'))
  expect(hashes('two')).toEqual(hashes('one'))

  const [touchpoints = '', events = '', truth = ''] = read('one')
  const rows = (text: string) =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
  expect(rows(touchpoints)[0]).toMatchObject({ touchpoint_id: expect.any(String), touchpoint_time: expect.any(Number) })
  expect(rows(events).filter(({ event_name: name }) => name === 'install')).toHaveLength(300)
  const [header, ...lines] = truth.trimEnd().split('\n')
  expect(header).toBe('device_id,cause,touchpoint_id,media_source,campaign,fraud')
  expect(lines).toHaveLength(300)
  for (const line of lines) expect(line.split(',')).toHaveLength(6)
})

it.each([
  ['a share over 1', ['--fraud', '2'], '--fraud'],
  ['no installs', ['--installs', '0'], '--installs'],
  ['a number that is none', ['--nat-size', 'many'], '--nat-size'],
  ['a share of late clicks below 0', ['--late', '-0.1'], '--late'],
  ['a share of web clicks that is none', ['--web-to-app', 'some'], '--web-to-app'],
  ['an unknown option', ['--speed', '9'], '--speed'],
])('the command refuses %s, names the option and ends with code 2', (_, more, named) => {
  const { status, stderr } = spawnSync(process.execPath, [COMMAND, ...more, '--out', join(folder, 'never')], {
    encoding: 'utf8',
  })
  expect(status).toBe(2)
  expect(stderr).toContain(named)
})

it('the command says that the folder is missing', () => {
  const { status, stderr } = spawnSync(process.execPath, [COMMAND], { encoding: 'utf8' })
  expect(status).toBe(2)
  expect(stderr).toContain('--out')
})
