import { beginning, formatOf } from './files/source.ts'
import type { FileFormat } from './schema.ts'

/** What a file seems to hold, by its beginning; a person may know better. */
export async function guess(file: string): Promise<{ format: FileFormat; kind: 'events' | 'touchpoints' }> {
  const first = await beginning(file)
  const format = formatOf(first)
  const head = first.toString('latin1').slice(0, 16_384)
  const kind = format !== 'appsflyer' && /\btouchpoint_(id|type|time)\b/i.test(head) ? 'touchpoints' : 'events'
  return { format, kind }
}
