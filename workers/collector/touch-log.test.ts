import { describe, expect, it } from 'vitest'
import type { FrameInput } from '#server/eventlog/index.ts'
import { TouchLog } from './touch-log.ts'

describe('clicks and views', () => {
  it('of one turn are one frame, each line once and in order, and each visitor waits for it', async () => {
    const frames: FrameInput[] = []
    let durable = () => {}
    const log = new TouchLog((given) => {
      frames.push(...given)
      return new Promise((resolve) => {
        durable = resolve
      })
    })
    const settled: number[] = []
    const waiting = Array.from({ length: 100 }, (_, n) => log.record(`line ${n}\n`).then(() => settled.push(n)))
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(frames.map(({ kind, rows, payload }) => ({ kind, rows, text: payload.toString() }))).toEqual([
      { kind: 'touchpoint', rows: 100, text: Array.from({ length: 100 }, (_, n) => `line ${n}\n`).join('') },
    ])
    expect(settled).toEqual([])
    durable()
    await Promise.all(waiting)
    expect(settled).toHaveLength(100)
  })

  it('that come while a frame is being written go into the next', async () => {
    const rows: number[] = []
    const log = new TouchLog(async (given) => {
      rows.push(...given.map((frame) => frame.rows))
    })
    await log.record('a\n')
    await Promise.all([log.record('b\n'), log.record('c\n')])
    expect(rows).toEqual([1, 2])
  })

  it('are all told when their frame could not be written, and the next are tried anew', async () => {
    let broken = true
    const log = new TouchLog(async () => {
      if (broken) throw new Error('the disk is full')
    })
    const outcomes = await Promise.allSettled([log.record('a\n'), log.record('b\n')])
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
    broken = false
    await expect(log.record('c\n')).resolves.toBeUndefined()
  })
})
