import { mkdir, open, rm, stat, statfs } from 'node:fs/promises'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { type AppId, newId, type OrgId, type UserId } from '#server/platform/ids.ts'
import type { Transaction } from '#server/stores/index.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { fingerprintOf } from './files/source.ts'
import { folderOf, uploadedFile } from './folders.ts'
import { guess } from './guess.ts'
import { MOST_CHUNK_BYTES } from './schema.ts'

/** What the event log and the stores keep for themselves on the same disk, in bytes. */
const SPARE_BYTES = 1024 ** 3
/** All uploads of an organization that are not imported yet, in largest files. */
const MOST_KEPT = 4
/** Files of uploads that nothing happens with are removed after so long, by the jobs role. */
const KEPT_MS = 7 * 86_400_000

export interface ImportApp {
  orgId: OrgId
  appId: AppId
}

const gigabytes = (bytes: number) => `${Math.round((bytes / 1024 ** 3) * 10) / 10} GB`

/**
 * Announces a file; its bytes come after it, piece by piece.
 * @throws AppError too_large past IMPORT_UPLOAD_MAX_BYTES, conflict past four times that with the organization's other uploads
 *   that are not imported yet, unavailable when the disk has no room for it
 */
export async function beginUpload(
  app: ImportApp,
  file: { fileName: string; bytes: number },
  userId: UserId,
): Promise<{ id: string }> {
  const { DATA_DIR, IMPORT_UPLOAD_MAX_BYTES } = env()
  if (file.bytes > IMPORT_UPLOAD_MAX_BYTES) {
    throw new AppError(
      'too_large',
      `The file is larger than ${gigabytes(IMPORT_UPLOAD_MAX_BYTES)}. Split it, or import it on the server: npm run admin -- import.`,
    )
  }
  await mkdir(folderOf(DATA_DIR), { recursive: true })
  await assertRoom(file.bytes, SPARE_BYTES)
  const id = newId('import')
  const { orgId, appId } = app
  const { fileName, bytes: fileBytes } = file
  const guessed = { kind: 'events', format: 'csv', fingerprint: '', uploaded: true, status: 'uploading' }
  await withOrg(orgId, async (tx) => {
    // One after the other, so that two that begin at once do not both take the room that is left.
    await tx.$executeRaw`select pg_advisory_xact_lock(hashtextextended(${orgId}, 4))`
    const kept = await keptBytes(tx, orgId)
    if (kept + fileBytes > MOST_KEPT * IMPORT_UPLOAD_MAX_BYTES) {
      throw new AppError(
        'conflict',
        `Files of ${gigabytes(kept)} already wait here to be imported; ${gigabytes(MOST_KEPT * IMPORT_UPLOAD_MAX_BYTES)} is the most. Start or remove some of them first; an upload that broke off counts for a day.`,
      )
    }
    await tx.import.create({ data: { id, orgId, appId, fileName, fileBytes, ...guessed, createdBy: userId } })
  })
  return { id }
}

/** @throws AppError unavailable unless so many bytes more leave the spare free */
async function assertRoom(bytes: number, spare: number): Promise<void> {
  const disk = await statfs(folderOf(env().DATA_DIR))
  if (disk.bavail * disk.bsize >= bytes + spare) return
  throw new AppError('unavailable', 'The server’s disk has no room for this file. Tell whoever operates it.', {
    retryAfter: 60,
  })
}

/** Bytes of an organization's uploads that are announced or kept: those that are done are deleted. */
async function keptBytes(tx: Transaction, orgId: OrgId): Promise<number> {
  const since = { gt: new Date(Date.now() - KEPT_MS) }
  const { _sum } = await tx.import.aggregate({
    where: {
      orgId,
      uploaded: true,
      OR: [
        { status: { in: ['queued', 'running'] } },
        { status: { in: ['uploading', 'ready', 'failed', 'cancelled'] }, updatedAt: since },
      ],
    },
    _sum: { fileBytes: true },
  })
  return Number(_sum.fileBytes ?? 0)
}

/**
 * Adds a piece to an announced file, durably when it is the last.
 * @param offset where the piece belongs; pieces come one after the other
 * @returns how many bytes are there now
 * @param spare bytes that must stay free on the disk
 * @throws AppError conflict when the piece belongs elsewhere, too_large when it is too long, unavailable when the disk is full
 */
export async function addPiece(
  id: string,
  offset: number,
  fileBytes: number,
  body: ReadableStream<Uint8Array>,
  spare = SPARE_BYTES,
): Promise<{ received: number }> {
  const path = uploadedFile(env().DATA_DIR, id)
  const there = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (there < offset) throw new AppError('conflict', `The file has ${there} bytes so far. Go on from there.`)
  // Looked at anew for each: meanwhile others upload, and events come in.
  await assertRoom(Math.min(MOST_CHUNK_BYTES, fileBytes - offset), spare)
  const handle = await open(path, there === 0 ? 'w' : 'r+')
  try {
    // A piece whose answer was lost is written once more over itself.
    let at = offset
    for await (const chunk of body) {
      if (at - offset + chunk.length > MOST_CHUNK_BYTES || at + chunk.length > fileBytes)
        throw new AppError('too_large', 'The piece is longer than was announced. Begin the upload again.')
      await handle.write(chunk, 0, chunk.length, at)
      at += chunk.length
    }
    if (at === fileBytes) await handle.sync()
    return { received: Math.max(at, there) }
  } finally {
    await handle.close()
  }
}

/**
 * Completes an upload: the file is whole, it is known what it is, and it waits to be started.
 * @throws AppError conflict when bytes are missing
 */
export async function finishUpload(app: ImportApp, id: string, fileBytes: number): Promise<void> {
  const path = uploadedFile(env().DATA_DIR, id)
  const size = await stat(path).then(
    (found) => found.size,
    () => 0,
  )
  if (size !== fileBytes)
    throw new AppError('conflict', `${size} of ${fileBytes} bytes have arrived. Upload the file again.`)
  const { fingerprint } = await fingerprintOf(path)
  const guessed = await guess(path)
  await withOrg(app.orgId, (tx) =>
    tx.import.updateMany({
      where: { ...app, id, status: 'uploading' },
      data: { ...guessed, fingerprint, status: 'ready' },
    }),
  )
}

/** Removes an import's files. */
export async function removeFiles(id: string): Promise<void> {
  const path = uploadedFile(env().DATA_DIR, id)
  await Promise.all([rm(path, { force: true }), rm(`${path}.refused.csv`, { force: true })])
}
