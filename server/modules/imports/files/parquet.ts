import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { AppError } from '#server/platform/errors.ts'

const run = promisify(execFile)

/** The engine reads strangers' bytes in native code: a process of its own takes the fall for a file that breaks it. */
const PROGRAM = "require('chdb').query(process.argv[1])"

const quoted = (path: string) => `'${path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/**
 * Writes a Parquet file's rows to another file, one JSON object a line, in their order. Memory stays bounded: the
 * engine streams. Needs as much room beside `into` as the rows take as JSON.
 * @param limit most rows
 * @throws AppError invalid when it is no readable Parquet file
 */
export async function parquetToLines(
  file: string,
  into: string,
  options: { limit?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const limit = options.limit === undefined ? '' : `limit ${options.limit}`
  const query = `insert into function file(${quoted(into)}, 'JSONEachRow') select * from file(${quoted(file)}, 'Parquet') ${limit}
    settings date_time_output_format = 'iso', engine_file_truncate_on_insert = 1, max_threads = 2,
      input_format_parquet_preserve_order = 1, max_memory_usage = 1500000000`
  try {
    const signal = options.signal ? { signal: options.signal } : {}
    await run(process.execPath, ['--input-type=commonjs', '-e', PROGRAM, query], signal)
  } catch (cause) {
    options.signal?.throwIfAborted()
    throw new AppError('invalid', `This is not a readable Parquet file.${reasonIn(cause)}`, { cause })
  }
}

function reasonIn(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  const found = /Code: \d+\. DB::Exception: ([^\n]{1,200})/.exec(text)?.[1]
  return found ? ` The engine says: ${found}` : ''
}
