import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DamageReport } from './types.ts'

/**
 * Copies damaged bytes to `quarantine/` with what is known beside them.
 * @param name of the copy, without ending: the same damage always takes the same
 */
export async function quarantine<T extends Omit<DamageReport, 'length' | 'file'>>(
  dir: string,
  name: string,
  damage: T,
  bytes: Buffer,
): Promise<T & DamageReport> {
  const folder = join(dir, 'quarantine')
  await mkdir(folder, { recursive: true })
  const file = join(folder, `${name}.bin`)
  const report = { ...damage, length: bytes.length, file }
  await writeFile(file, bytes, { flush: true })
  const text = JSON.stringify({ ...report, position: String(report.position), at: new Date().toISOString() })
  await writeFile(join(folder, `${name}.json`), `${text}\n`)
  return report
}
