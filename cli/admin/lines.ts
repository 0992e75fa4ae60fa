import { createReadStream } from 'node:fs'
import { resolve } from 'node:path'
import { createInterface } from 'node:readline'

/** A file's rows as JSON lines. Parquet is read by the ClickHouse engine inside this process. */
export async function* readLines(file: string, format: 'ndjson' | 'parquet'): AsyncGenerator<string> {
  if (format === 'parquet') {
    const { query } = await import('chdb')
    const path = resolve(file).replaceAll('\\', '\\\\').replaceAll("'", "\\'")
    for (const line of query(
      `select * from file('${path}', 'Parquet') settings date_time_output_format = 'iso'`,
      'JSONEachRow',
    ).split('\n')) {
      if (line !== '') yield line
    }
    return
  }
  for await (const line of createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line.trim() !== '') yield line
  }
}
