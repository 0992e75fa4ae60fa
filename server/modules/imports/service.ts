import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { env } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { withOrg } from '#server/tenancy/index.ts'
import { refusedFile, uploadedFile } from './folders.ts'
import { FILE_FORMATS, type ImportStatus, mappingSchema, type ReadingInput, ROW_KINDS, STATUSES } from './schema.ts'
import { type ImportApp, removeFiles } from './upload.ts'

/** An import as the console shows it. Counts are rows of the file. */
export interface ImportRow {
  id: string
  fileName: string
  fileBytes: number
  kind: (typeof ROW_KINDS)[number]
  format: (typeof FILE_FORMATS)[number]
  mapping: Record<string, string>
  status: ImportStatus
  error: string | null
  rowsDone: number
  /** How much of the file has been read, from 0 to 1. */
  share: number
  accepted: number
  rejected: number
  /** null: not counted yet, or of one that is done: not known. */
  duplicates: number | null
  /** Bytes uploaded here; false: imported on the command line. */
  uploaded: boolean
  /** Somebody asked to cancel it; it stops within seconds. */
  cancelling: boolean
  /** Whether the uploaded file is still kept, so that it can be started. */
  startable: boolean
  /** Whether there is a list of refused rows to download. */
  refusedList: boolean
  createdAt: Date
  startedAt: Date | null
  finishedAt: Date | null
}

/** Newest first; older ones stay in the table and out of the list. */
const MOST_LISTED = 200
/** An upload that nobody went on with for a day. */
const ABANDONED_MS = 86_400_000

type Stored = Awaited<ReturnType<typeof findImport>>

function shown(row: Stored): ImportRow {
  const { DATA_DIR } = env()
  const status = STATUSES.find((one) => one === row.status) ?? 'failed'
  const idle = status === 'ready' || status === 'failed' || status === 'cancelled'
  return {
    id: row.id,
    fileName: row.fileName,
    fileBytes: Number(row.fileBytes),
    kind: ROW_KINDS.find((one) => one === row.kind) ?? 'events',
    format: FILE_FORMATS.find((one) => one === row.format) ?? 'csv',
    mapping: mappingSchema.parse(row.mapping),
    status,
    error: row.error,
    rowsDone: Number(row.rowsDone),
    share: row.share,
    accepted: Number(row.accepted),
    rejected: Number(row.rejected),
    duplicates: row.duplicates === null ? null : Number(row.duplicates),
    uploaded: row.uploaded,
    cancelling: row.cancelWanted,
    startable: idle && row.uploaded && existsSync(uploadedFile(DATA_DIR, row.id)),
    refusedList: row.refusedBytes > 0 && existsSync(refusedFile(DATA_DIR, row.id)),
    createdAt: row.createdAt,
    startedAt: row.startedAt,
    finishedAt: row.finishedAt,
  }
}

/** An app's import as it is stored. @throws AppError not_found */
export async function findImport(app: ImportApp, id: string) {
  const row = await withOrg(app.orgId, (tx) =>
    tx.import.findFirst({ where: { ...app, id, status: { not: 'removed' } } }),
  )
  if (!row) throw new AppError('not_found', 'This app has no such import.', { field: 'id' })
  return row
}

/** The app's imports, newest first; uploads that were given up are removed on the way. */
export async function listImports(app: ImportApp): Promise<ImportRow[]> {
  const { orgId, appId } = app
  const [rows, abandoned] = await withOrg(orgId, async (tx) => [
    await tx.import.findMany({
      where: { orgId, appId, status: { notIn: ['uploading', 'removed'] } },
      orderBy: [{ createdAt: 'desc' }, { id: 'asc' }],
      take: MOST_LISTED,
    }),
    await tx.import.findMany({
      where: { orgId, appId, status: 'uploading', updatedAt: { lt: new Date(Date.now() - ABANDONED_MS) } },
      select: { id: true },
    }),
  ])
  for (const { id } of abandoned) await removeAbandoned(app, id)
  return rows.map(shown)
}

/** Removes an upload to which no byte was added for a day. Pieces touch the file only: they are many. */
async function removeAbandoned(app: ImportApp, id: string): Promise<void> {
  const found = await stat(uploadedFile(env().DATA_DIR, id)).catch(() => undefined)
  if (found && Date.now() - found.mtimeMs < ABANDONED_MS) return
  await removeImport(app, id).catch((error: unknown) => {
    // Another list did it a moment ago, or it was finished meanwhile.
    if (!(error instanceof AppError)) throw error
  })
}

/** One import. @throws AppError not_found */
export async function getImport(app: ImportApp, id: string): Promise<ImportRow> {
  return shown(await findImport(app, id))
}

/**
 * Hands an uploaded file to the jobs role; one that was cancelled or failed goes on after the rows that are done.
 * @throws AppError conflict when it runs already or when how it is read would change midway, not_found without its file
 */
export async function startImport(app: ImportApp, input: ReadingInput): Promise<ImportRow> {
  const row = await findImport(app, input.id)
  const { kind = row.kind, format = row.format, mapping = mappingSchema.parse(row.mapping) } = input
  if (format === 'appsflyer' && kind !== 'events')
    throw new AppError('invalid', 'AppsFlyer’s raw data holds events; their touchpoints come with them.', {
      field: 'kind',
    })
  const before = mappingSchema.parse(row.mapping)
  const sameMapping = JSON.stringify(Object.entries(before).sort()) === JSON.stringify(Object.entries(mapping).sort())
  if (row.rowsDone > 0 && (kind !== row.kind || format !== row.format || !sameMapping)) {
    throw new AppError('conflict', 'Rows were imported already. To read the file differently, upload it again.')
  }
  if (!row.uploaded || !existsSync(uploadedFile(env().DATA_DIR, row.id))) {
    throw new AppError('not_found', 'The file is no longer kept. Upload it again; what was imported counts once.')
  }
  const { count } = await withOrg(app.orgId, (tx) =>
    tx.import.updateMany({
      where: { ...app, id: row.id, status: { in: ['ready', 'failed', 'cancelled'] } },
      data: {
        ...{ kind, format, mapping, status: 'queued', error: null, finishedAt: null, cancelWanted: false },
        attempts: 0,
        startedAt: row.startedAt ?? new Date(),
      },
    }),
  )
  if (count === 0) throw new AppError('conflict', 'This import runs already, or has ended.')
  return getImport(app, row.id)
}

/** Stops an import within seconds; the rows that are done stay. @throws AppError not_found, conflict when it has ended */
export async function cancelImport(app: ImportApp, id: string): Promise<ImportRow> {
  await findImport(app, id)
  await withOrg(app.orgId, async (tx) => {
    // Nobody looks after one whose worker has gone silent, and one of the command line is not taken over by itself.
    const silent = { status: 'running', OR: [{ leaseUntil: { lt: new Date() } }, { leaseUntil: null }] }
    const waiting = await tx.import.updateMany({
      where: { ...app, id, OR: [{ status: 'queued' }, silent] },
      data: { status: 'cancelled', finishedAt: new Date(), leaseOwner: null, leaseUntil: null, cancelWanted: false },
    })
    if (waiting.count > 0) return
    const running = await tx.import.updateMany({
      where: { ...app, id, status: 'running' },
      data: { cancelWanted: true },
    })
    if (running.count === 0) throw new AppError('conflict', 'This import does not run.')
  })
  return getImport(app, id)
}

/** Takes an import off the list, with its file; the rows it imported stay. @throws AppError conflict while it runs */
export async function removeImport(app: ImportApp, id: string): Promise<void> {
  await findImport(app, id)
  const idle = { ...app, id, status: { notIn: ['queued', 'running'] } }
  const count = await withOrg(app.orgId, async (tx) => {
    const empty = await tx.import.deleteMany({ where: { ...idle, accepted: 0 } })
    // That rows were imported must be known for as long as they are there: the same file may come again.
    const hidden = await tx.import.updateMany({ where: idle, data: { status: 'removed' } })
    return empty.count + hidden.count
  })
  if (count === 0) throw new AppError('conflict', 'This import runs. Cancel it first.')
  await removeFiles(id)
}
