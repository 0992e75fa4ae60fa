import { toString as qrCode } from 'qrcode'
import { z } from 'zod'
import { appProcedure, router } from '#server/procedure/index.ts'
import { createLinkInput, listLinksInput, updateLinkInput } from './schema.ts'
import { archiveLink, createLink, getLink, type LinkOwner, listLinks, updateLink } from './service.ts'

const oneLink = z.object({ linkId: z.string().max(64) })

const ownerOf = (ctx: { org: { orgId: LinkOwner['orgId'] }; app: { appId: LinkOwner['appId'] } }): LinkOwner => ({
  orgId: ctx.org.orgId,
  appId: ctx.app.appId,
})

/** Tracking links of an app. */
export const linksRouter = router({
  /** Links, newest first, with their public addresses. */
  list: appProcedure({ permission: 'links:read' })
    .input(listLinksInput)
    .query(({ ctx, input }) => listLinks(ownerOf(ctx), input)),
  /** One link. */
  get: appProcedure({ permission: 'links:read' })
    .input(oneLink)
    .query(({ ctx, input }) => getLink(ownerOf(ctx), input.linkId)),
  /** The click address as a QR code: SVG text, black on white, with the quiet zone readers need. */
  qr: appProcedure({ permission: 'links:read' })
    .input(oneLink)
    .query(async ({ ctx, input }) => {
      const { clickUrl } = await getLink(ownerOf(ctx), input.linkId)
      return qrCode(clickUrl, { type: 'svg', errorCorrectionLevel: 'M', margin: 4 })
    }),
  /** Makes a link. */
  create: appProcedure({ permission: 'links:write' })
    .input(createLinkInput)
    .mutation(({ ctx, input: { org: _org, app: _app, ...fields } }) =>
      createLink(ownerOf(ctx), { ...fields, createdBy: ctx.user.userId }),
    ),
  /** Changes a link's fields; absent ones stay. */
  update: appProcedure({ permission: 'links:write' })
    .input(updateLinkInput)
    .mutation(({ ctx, input: { org: _org, app: _app, ...fields } }) => updateLink(ownerOf(ctx), fields)),
  /** Takes a link out of use, or back. */
  archive: appProcedure({ permission: 'links:write' })
    .input(oneLink.extend({ archived: z.boolean() }))
    .mutation(({ ctx, input }) => archiveLink(ownerOf(ctx), input.linkId, input.archived)),
})
