import { createHash } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { AppError } from '#server/platform/errors.ts'

/** Written by `npm run build` and by the demo. */
const FILE = join(import.meta.dirname, '../../sdk/dist/script.js')
/** How long a browser goes without asking whether there is a newer one. */
const CACHE_SECONDS = 3600
/** How long a collector does, in milliseconds. */
const LOOK_AGAIN_MS = 10_000

interface Script {
  etag: string
  plain: Buffer
  packed: Buffer
  modified: number
}

let script: Script | null = null
let lookedAt = 0

/** The script as it is on the disk now; null when it was not built. */
function current(now: number): Script | null {
  if (script && now - lookedAt < LOOK_AGAIN_MS) return script
  lookedAt = now
  try {
    const modified = statSync(FILE).mtimeMs
    if (script?.modified === modified) return script
    const plain = readFileSync(FILE)
    const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 22)}"`
    script = { etag, plain, packed: gzipSync(plain, { level: 9 }), modified }
  } catch {
    script = null
  }
  return script
}

/**
 * `GET /sdk/v1.js`: the SDK for a script tag, the same for every app.
 * @throws AppError `not_found` when it was not built
 */
export function handleSdkScript(request: IncomingMessage, response: ServerResponse): void {
  const found = current(Date.now())
  if (!found) throw new AppError('not_found', 'The SDK was not built here. Run npm run build where the collector runs.')
  const headers = {
    etag: found.etag,
    'cache-control': `public, max-age=${CACHE_SECONDS}`,
    vary: 'accept-encoding',
    'content-type': 'text/javascript; charset=utf-8',
    'x-content-type-options': 'nosniff',
    // Pages that isolate themselves load nothing from elsewhere without it.
    'cross-origin-resource-policy': 'cross-origin',
    'access-control-allow-origin': '*',
  }
  if (request.headers['if-none-match']?.includes(found.etag)) {
    response.writeHead(304, headers).end()
    return
  }
  const packs = /\bgzip\b/.test(String(request.headers['accept-encoding'] ?? ''))
  const body = packs ? found.packed : found.plain
  response.writeHead(200, {
    ...headers,
    ...(packs ? { 'content-encoding': 'gzip' } : {}),
    'content-length': body.length,
  })
  response.end(request.method === 'HEAD' ? undefined : body)
}
