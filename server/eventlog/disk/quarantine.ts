import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Why bytes of a log could not be read. */
export type DamageReason = 'bad_head' | 'bad_payload' | 'torn_tail'

/** Bytes of a log that could not be read, and where a copy of them lies. */
export interface Damage {
  segment: number
  offset: number
  length: number
  reason: DamageReason
  file: string
}

/** Copies damaged bytes to `quarantine/` with the reason beside them; the same damage always takes the same name. */
export async function quarantine(dir: string, damage: Omit<Damage, 'length' | 'file'>, bytes: Buffer): Promise<Damage> {
  const folder = join(dir, 'quarantine')
  await mkdir(folder, { recursive: true })
  const name = `${String(damage.segment).padStart(10, '0')}-${damage.offset}`
  const file = join(folder, `${name}.bin`)
  const report: Damage = { ...damage, length: bytes.length, file }
  await writeFile(file, bytes, { flush: true })
  await writeFile(join(folder, `${name}.json`), `${JSON.stringify({ ...report, at: new Date().toISOString() })}\n`)
  return report
}
