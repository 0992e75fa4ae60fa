import { execFile } from 'node:child_process'
import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { AppError } from '#server/platform/errors.ts'

const run = promisify(execFile)

/** The engine reads strangers' bytes in native code: a process of its own takes the fall for a file that breaks it. */
const PROGRAM = "require('chdb').query(process.argv[1])"

/**
 * What must stay free on the disk, in bytes, looked at so often: a few packed kilobytes may hold any number of rows, and they
 * must not take the room of the event log.
 */
const SPARE_BYTES = 1024 ** 3
const LOOK_EVERY_MS = 200

const quoted = (path: string) => `'${path.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`

/**
 * Writes a Parquet file's rows to another file, one JSON object a line, in their order. Memory stays bounded: the
 * engine streams. Needs as much room beside `into` as the rows take as JSON.
 * @param limit most rows
 * @param spare bytes that must stay free on the disk
 * @throws AppError invalid when it is no readable Parquet file, unavailable when the disk has no room for its rows
 */
export async function parquetToLines(
  file: string,
  into: string,
  options: { limit?: number; spare?: number; signal?: AbortSignal } = {},
): Promise<void> {
  const { limit, spare = SPARE_BYTES } = options
  const query = `insert into function file(${quoted(into)}, 'JSONEachRow') select * from file(${quoted(file)}, 'Parquet')
    ${limit === undefined ? '' : `limit ${limit}`}
    settings date_time_output_format = 'iso', engine_file_truncate_on_insert = 1, max_threads = 2,
      input_format_parquet_preserve_order = 1, max_memory_usage = 1500000000`
  const full = new AbortController()
  const watch = setInterval(async () => {
    const disk = await statfs(dirname(into)).catch(() => undefined)
    if (disk && disk.bavail * disk.bsize < spare) full.abort()
  }, LOOK_EVERY_MS)
  const signal = AbortSignal.any([full.signal, ...(options.signal ? [options.signal] : [])])
  try {
    await run(process.execPath, ['--input-type=commonjs', '-e', PROGRAM, query], { signal, killSignal: 'SIGKILL' })
  } catch (cause) {
    options.signal?.throwIfAborted()
    if (full.signal.aborted) {
      throw new AppError('unavailable', 'The disk has no room for the rows of this Parquet file. Split it.', { cause })
    }
    throw new AppError('invalid', `This is not a readable Parquet file.${reasonIn(cause)}`, { cause })
  } finally {
    clearInterval(watch)
  }
}

function reasonIn(error: unknown): string {
  const text = error instanceof Error && 'stderr' in error ? String(error.stderr) : ''
  const found = /Code: \d+\. DB::Exception: ([^\n]{1,200})/.exec(text)?.[1]
  return found ? ` The engine says: ${found}` : ''
}
