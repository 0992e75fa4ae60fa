import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import { ExceptionGuard } from './stream.ts'

const TAG = '0123456789abcdef'
const frame = `\r\n__exception__\r\n${TAG}\r\nCode: 159. DB::Exception: Timeout exceeded 41 ${TAG}\r\n__exception__\r\n`

async function pass(tag: string, chunks: readonly string[]): Promise<string> {
  const parts: Buffer[] = []
  for await (const part of Readable.from(chunks.map((chunk) => Buffer.from(chunk))).pipe(new ExceptionGuard(tag))) {
    parts.push(part as Buffer)
  }
  return Buffer.concat(parts).toString()
}

describe('the guard behind exported data', () => {
  it('passes whole data on byte for byte, however it is cut', async () => {
    const text = 'line,☃\n'.repeat(20_000)
    const cut = text.match(/.{1,777}/gsu) ?? []
    expect(await pass(TAG, cut)).toBe(text)
    expect(await pass(TAG, [])).toBe('')
  })
  it('fails when the engine breaks off, even if its message arrives in pieces', async () => {
    const pieces = [...(`a,b\n`.repeat(20_000).match(/.{1,5000}/gs) ?? []), ...(frame.match(/.{1,7}/gs) ?? [])]
    await expect(pass(TAG, pieces)).rejects.toThrow(/broke off/)
  })
  it('lets data through that only looks like a broken end', async () => {
    const lookalike = frame.replaceAll(TAG, 'fedcba9876543210')
    expect(await pass(TAG, [lookalike])).toBe(lookalike)
    expect(await pass('', [frame])).toBe(frame)
  })
})
