import { z } from 'zod'
import { ROLES } from '#server/authz/index.ts'
import { createPerson, createUser } from '#server/modules/account/index.ts'
import { createApp, createAppInput, findApp } from '#server/modules/apps/index.ts'
import { readMapping } from '#server/modules/imports/index.ts'
import { createKeyInput, createSecretKey } from '#server/modules/keys/index.ts'
import { createLink, createLinkInput } from '#server/modules/links/index.ts'
import { createOrganization, findOrganization } from '#server/modules/organizations/index.ts'
import { AppError } from '#server/platform/errors.ts'
import type { OrgId } from '#server/platform/ids.ts'
import { backupCommands } from './backup/index.ts'
import { listDeadLetters, replayDeadLetters } from './dead-letters.ts'
import { type Command, define, required } from './define.ts'
import { duplicatesCommand } from './duplicates.ts'
import { eventLogCommands } from './event-log.ts'
import { FORMATS, importFile, KINDS } from './import.ts'
import { modelsCommand } from './models.ts'
import { networkCommands } from './networks.ts'
import type { Product } from './product.ts'
import { rollupCommands } from './rollups.ts'

async function organizationOf(product: Product, slug: string): Promise<OrgId> {
  const found = await findOrganization(slug, product.admin)
  if (!found) throw new AppError('not_found', `There is no organization ${slug}.`, { field: 'org' })
  return found.orgId
}

/** The app a command names, with its organization. */
export async function appOf(
  product: Product,
  appId: string,
): Promise<NonNullable<Awaited<ReturnType<typeof findApp>>>> {
  const found = await findApp(appId, product.admin)
  if (!found) throw new AppError('not_found', `There is no app ${appId}.`, { field: 'app' })
  return found
}

export const COMMANDS: readonly Command[] = [
  define(
    'org create',
    '--name N --owner-email E [--plan P]',
    { name: required, 'owner-email': required, plan: z.enum(['free', 'growth', 'scale', 'enterprise']).optional() },
    async ({ admin }, { name, 'owner-email': email, plan }) => {
      const owner = await createPerson(email, admin)
      const { orgId, slug } = await createOrganization(
        { name, ...(plan ? { plan } : {}), ownerId: owner.userId },
        admin,
      )
      return { orgId, slug, ownerPassword: owner.password }
    },
  ),
  define(
    'app create',
    '--org SLUG --name N --platform ios|android|web --bundle-id B [--store-id S] [--timezone Z]',
    {
      org: required,
      name: required,
      platform: required,
      'bundle-id': required,
      'store-id': z.string().optional(),
      timezone: z.string().optional(),
    },
    async (product, { org, name, platform, 'bundle-id': bundleId, 'store-id': storeId, timezone }) => {
      const input = createAppInput.parse({ name, platform, bundleId, storeId, timezone })
      const { appId, ingestKey, slug } = await createApp(await organizationOf(product, org), input, product.admin)
      return { appId, ingestKey, slug }
    },
  ),
  define(
    'key create',
    '--org SLUG --scopes a,b [--name N]',
    { org: required, scopes: required, name: z.string().default('Command line') },
    async (product, options) => {
      const input = createKeyInput.parse({
        name: options.name,
        scopes: options.scopes.split(',').map((scope) => scope.trim()),
      })
      return createSecretKey(await organizationOf(product, options.org), input, product.admin)
    },
  ),
  define(
    'link create',
    '--app ID --media-source M --campaign C [--redirect URL] [--retargeting yes]',
    {
      app: required,
      'media-source': required,
      campaign: required,
      redirect: z.url().optional(),
      retargeting: z.enum(['yes', 'no']).default('no'),
    },
    async (product, { app, 'media-source': mediaSource, campaign, redirect, retargeting }) => {
      const owner = await appOf(product, app)
      const input = createLinkInput.parse({
        name: `${mediaSource} ${campaign}`.slice(0, 120),
        mediaSource,
        campaign,
        isRetargeting: retargeting === 'yes',
        ...(redirect ? { fallbackUrl: redirect, webUrl: redirect } : {}),
      })
      const { linkId, clickUrl, viewUrl } = await createLink(owner, input, product.admin)
      return { linkId, clickUrl, viewUrl }
    },
  ),
  define(
    'user create',
    '--org SLUG --email E --role R',
    { org: required, email: required, role: z.enum(ROLES) },
    async (product, { org, email, role }) => createUser(await organizationOf(product, org), email, role, product.admin),
  ),
  define(
    'import',
    `--app ID --kind ${KINDS.join('|')} --format ${FORMATS.join('|')} [--map "their=our,…"] FILE`,
    { app: required, kind: z.enum(KINDS), format: z.enum(FORMATS), map: z.string().optional() },
    async (product, { app, kind, format, map }, files) => {
      const [file, ...others] = files
      if (!file || others.length > 0) throw new Error('Name one file to import.')
      const mapping = map === undefined ? {} : readMapping(map)
      return importFile(product, { ...(await appOf(product, app)), kind, format, mapping, file })
    },
  ),
  define(
    'dead-letters list',
    '--app ID [--limit N]',
    { app: required, limit: z.coerce.number().int().min(1).max(10_000).default(100) },
    async (product, { app, limit }) => listDeadLetters(await appOf(product, app), limit),
  ),
  define(
    'dead-letters replay',
    '--app ID [--code C] [--again yes]',
    { app: required, code: z.string().default(''), again: z.enum(['yes', 'no']).default('no') },
    async (product, { app, code, again }) =>
      replayDeadLetters(product, await appOf(product, app), { code, again: again === 'yes' }),
  ),
  modelsCommand,
  ...networkCommands(appOf),
  ...rollupCommands(appOf),
  duplicatesCommand(appOf),
  ...eventLogCommands,
  ...backupCommands,
  {
    name: 'migrate',
    usage: '',
    prepare: () => async (product) => {
      if (!product) throw new Error('migrate needs the stores.')
      return product.migrate()
    },
  },
]
