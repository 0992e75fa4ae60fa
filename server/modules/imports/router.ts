import { type AppContext, appProcedure, router, type TenantContext } from '#server/procedure/index.ts'
import { previewImport } from './preview.ts'
import { beginInput, FILE_FORMATS, importIdInput, mappingSchema, ROW_KINDS, readingInput } from './schema.ts'
import { cancelImport, findImport, getImport, listImports, removeImport, startImport } from './service.ts'
import { beginUpload, finishUpload, type ImportApp } from './upload.ts'

const READ = { permission: 'events:read' } as const
const WRITE = { permission: 'events:write' } as const
const own = ({ org, app }: TenantContext & { app: AppContext }): ImportApp => ({ orgId: org.orgId, appId: app.appId })

/** Files that are imported into an app. The bytes of an upload go through app/api/imports, behind `upload`. */
export const importsRouter = router({
  /** Newest first, with how far each came. */
  list: appProcedure(READ).query(({ ctx }) => listImports(own(ctx))),
  /** @throws not_found */
  get: appProcedure(READ)
    .input(importIdInput)
    .query(({ ctx, input }) => getImport(own(ctx), input.id)),
  /** Announces a file. @returns its id, under which the bytes are sent */
  begin: appProcedure(WRITE)
    .input(beginInput)
    .mutation(({ ctx, input }) => beginUpload(own(ctx), input, ctx.user.userId)),
  /** The gate of the route that takes the bytes: whether the caller may send them, and how many were announced. */
  upload: appProcedure(WRITE)
    .input(importIdInput)
    .query(async ({ ctx, input }) => {
      const { id, status, fileBytes } = await findImport(own(ctx), input.id)
      return { id, uploading: status === 'uploading', fileBytes: Number(fileBytes) }
    }),
  /** All bytes were sent. @throws conflict when some are missing */
  finish: appProcedure(WRITE)
    .input(importIdInput)
    .mutation(async ({ ctx, input }) => {
      const { id, status, fileBytes } = await findImport(own(ctx), input.id)
      if (status === 'uploading') await finishUpload(own(ctx), id, Number(fileBytes))
      return getImport(own(ctx), id)
    }),
  /** What the import would do, from the first 1,000 rows; nothing is sent. */
  preview: appProcedure(WRITE)
    .input(readingInput)
    .query(async ({ ctx, input, signal }) => {
      const row = await findImport(own(ctx), input.id)
      const kind = input.kind ?? ROW_KINDS.find((one) => one === row.kind) ?? 'events'
      const format = input.format ?? FILE_FORMATS.find((one) => one === row.format) ?? 'csv'
      const mapping = input.mapping ?? mappingSchema.parse(row.mapping)
      const { fingerprint } = row
      const app = { ...own(ctx), platform: ctx.app.platform }
      return previewImport(app, row.id, { kind, format, mapping, fingerprint }, { signal })
    }),
  /** Starts it, or lets it go on. @throws conflict, not_found */
  start: appProcedure(WRITE)
    .input(readingInput)
    .mutation(({ ctx, input }) => startImport(own(ctx), input)),
  /** @throws conflict when it does not run */
  cancel: appProcedure(WRITE)
    .input(importIdInput)
    .mutation(({ ctx, input }) => cancelImport(own(ctx), input.id)),
  /** Takes it off the list; imported rows stay. @throws conflict while it runs */
  remove: appProcedure(WRITE)
    .input(importIdInput)
    .mutation(async ({ ctx, input }) => {
      await removeImport(own(ctx), input.id)
      return { id: input.id }
    }),
})
