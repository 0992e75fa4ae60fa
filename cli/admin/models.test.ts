import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { z } from 'zod'
import { creditPaths, modelsCommand } from './models.ts'

let dir: string
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'unmogrowp-models-'))
})
afterAll(() => rm(dir, { recursive: true, force: true }))

async function file(text: string): Promise<string> {
  const path = join(dir, `${Math.random().toString(36).slice(2)}.csv`)
  await writeFile(path, text)
  return path
}

describe('models', () => {
  it('prints the credit of every model, model by model, as one JSON object', async () => {
    const path = await file('path,conversions,value,nulls\n"a > b",1,30,0\na,0,0,1\nb,0,0,1\n')
    const out = await new Promise<string>((resolve, reject) =>
      execFile(process.execPath, ['cli/admin.ts', 'models', '--paths', path, '--json'], (error, stdout) =>
        error ? reject(error) : resolve(stdout),
      ),
    )
    const { models } = JSON.parse(out)
    expect(Object.keys(models)).toEqual([
      'first_touch',
      'last_touch',
      'linear',
      'time_decay',
      'position_based',
      'markov',
      'markov_with_nulls',
      'shapley',
    ])
    expect(models.linear).toEqual({ a: { conversions: 0.5, value: 15 }, b: { conversions: 0.5, value: 15 } })
    expect(models.markov_with_nulls.a.conversions).toBeCloseTo(1 / 3, 12)
    expect(models.markov_with_nulls.b.value).toBeCloseTo(20, 12)
  })

  it('reads the columns as the R package publishes them, in any order, with others beside them', async () => {
    const path = await file(
      '"","path","total_conversions","total_conversion_value","total_null"\r\n"1","eta > iota",2,1.5,3\r\n',
    )
    expect((await creditPaths(path)).models.last_touch).toEqual({
      eta: { conversions: 0, value: 0 },
      iota: { conversions: 2, value: 1.5 },
    })
  })

  it('takes half-life, position weights and the order of the Markov chain as options', async () => {
    const path = await file('path,conversions,value,nulls\na > b > c,1,0,1\nd > b,2,0,0\n')
    const { models } = z
      .object({ models: z.record(z.string(), z.record(z.string(), z.object({ conversions: z.number() }))) })
      .parse(
        await modelsCommand.prepare([
          '--paths',
          path,
          '--half-life',
          '1',
          '--position',
          '50/40/10',
          '--markov-order',
          '2',
        ])(undefined),
      )
    expect(models.time_decay?.a?.conversions).toBeCloseTo(1 / 7, 12)
    expect(models.position_based?.a?.conversions).toBeCloseTo(0.5, 12)
    // Who comes from d converts always, who comes from a half the time: first order would mix them at b.
    expect(models.markov_with_nulls?.d?.conversions).toBeCloseTo(3 * (2 / 4 / (1 / 4 + 3 / 4 + 1 / 4 + 2 / 4)), 12)
  })

  it.each([
    [['--half-life', '0'], /is more than 0 days/],
    [['--position', '40/40/40'], /adds up to 100/],
    [['--position', 'half'], /is written like 40\/20\/40/],
    [['--markov-order', '4'], /is 1, 2 or 3/],
  ])('refuses %j before it reads', (options, message) => {
    expect(() => modelsCommand.prepare(['--paths', 'any.csv', ...options])).toThrow(message)
  })

  it('takes paths without a column of nulls', async () => {
    const { models } = await creditPaths(await file('path,conversions,value\na > b,2,4\na,1,1\n'))
    expect(models.markov_with_nulls).toEqual(models.markov)
  })

  it.each([
    ['path,value\na,1\n', 'line 1, column conversions: is missing. Its columns are path, value.'],
    ['path,conversions,value\na,1,1\n\n > ,1,1\n', 'line 4, column path: names no channel. Write it as: a > b > c'],
    ['path,conversions,value\na,x,1\n', 'line 2, column conversions: x is not a number of at least 0.'],
    ['path,conversions,value\na,1,\n', 'line 2, column value: an empty cell is not a number of at least 0.'],
    ['path,conversions,value,nulls\na,1,1,-2\n', 'line 2, column nulls: -2 is not a number of at least 0.'],
    ['path,conversions,value\na,1\n', /^line 2: /],
    ['', /^line 1: .* is empty/],
  ])('refuses %j and says where', async (text, message) => {
    await expect(creditPaths(await file(text))).rejects.toThrow(message)
  })

  it('says that a file is not there', async () => {
    await expect(creditPaths(join(dir, 'absent.csv'))).rejects.toThrow(/absent\.csv cannot be read: ENOENT/)
  })
})
