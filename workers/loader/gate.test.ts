import { describe, expect, it } from 'vitest'
import { Gate } from './gate.ts'

/** Work that lasts until it is told to end, and what is under way. */
function work() {
  const running: string[] = []
  const ends = new Map<string, () => void>()
  return {
    running,
    end: async (name: string) => {
      ends.get(name)?.()
      await new Promise((resolve) => setImmediate(resolve))
    },
    of: (name: string) => () =>
      new Promise<void>((resolve) => {
        running.push(name)
        ends.set(name, () => {
          running.splice(running.indexOf(name), 1)
          resolve()
        })
      }),
  }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('the gate', () => {
  it('lets as many through at a time as it has permits, in their order', async () => {
    const gate = new Gate(2)
    const { running, end, of } = work()
    const all = ['a', 'b', 'c', 'd'].map((name) => gate.shared(of(name)))
    await settle()
    expect(running).toEqual(['a', 'b'])
    await end('a')
    expect(running).toEqual(['b', 'c'])
    await end('b')
    await end('c')
    await end('d')
    await Promise.all(all)
  })

  it('lets work that is to be alone wait for the others, and nothing begin before it is done', async () => {
    const gate = new Gate(2)
    const { running, end, of } = work()
    const all = [gate.shared(of('a')), gate.alone(of('alone')), gate.shared(of('b'))]
    await settle()
    expect(running).toEqual(['a'])
    await end('a')
    expect(running).toEqual(['alone'])
    await end('alone')
    expect(running).toEqual(['b'])
    await end('b')
    await Promise.all(all)
  })

  it('goes on after work that failed, and tells whoever gave it', async () => {
    const gate = new Gate(1)
    await expect(gate.shared(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken')
    await expect(gate.alone(async () => 'done')).resolves.toBe('done')
  })
})
