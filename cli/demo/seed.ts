import { KEY_SCOPES } from '#server/authz/index.ts'
import { createPerson, createUser, setPassword } from '#server/modules/account/index.ts'
import { createApp } from '#server/modules/apps/index.ts'
import { importCosts } from '#server/modules/costs/index.ts'
import { createSecretKey } from '#server/modules/keys/index.ts'
import { createLink, createLinkInput } from '#server/modules/links/index.ts'
import { createOrganization } from '#server/modules/organizations/index.ts'
import { importRates } from '#server/modules/rates/index.ts'
import { env, required } from '#server/platform/env.ts'
import { type AppId, newToken } from '#server/platform/ids.ts'
import { openPostgres, type PrismaClient } from '#server/stores/index.ts'
import { wholeOrganization } from '#server/tenancy/index.ts'
import { CAMPAIGNS } from '../simulate/index.ts'
import type { DemoApp, DemoFile } from './demo-file.ts'
import { demoCosts, demoRates } from './money.ts'
import { demoSimulation } from './traffic.ts'

const OWNER = 'owner@demo.localhost'
const ANALYST = 'analyst@demo.localhost'
const STUDIO = 'Demo Studio'

const APPS = [
  {
    name: 'Pixel Harvest (Android)',
    platform: 'android',
    bundleId: 'com.example.pixelharvest',
    storeId: null,
    timezone: 'Europe/Berlin',
  },
  {
    name: 'Pixel Harvest (iOS)',
    platform: 'ios',
    bundleId: 'com.example.pixelharvest',
    storeId: '1234567890',
    timezone: 'America/New_York',
  },
] as const

/**
 * Makes the demo organization through the product's own services: members, two apps, keys, a tracking link for each
 * campaign, exchange rates and costs. Its traffic is sent by startTraffic.
 * @returns the demo file's part that names them
 */
export async function seedDemo(say: (text: string) => void): Promise<Pick<DemoFile, 'signIns' | 'apps' | 'seededAt'>> {
  const admin = openPostgres(required('DATABASE_ADMIN_URL', env()), 3)
  try {
    const seededAt = Date.now()
    const password = newToken(16)
    await forgetHalfMade(admin)
    const owner = await createPerson(OWNER, admin, password)
    if (owner.password === null) await setPassword(owner.userId, password, admin)
    const { orgId, slug: org } = await createOrganization(
      { name: STUDIO, reportingCurrency: 'USD', plan: 'growth', ownerId: owner.userId },
      admin,
    )
    const analystPassword = newToken(16)
    const analyst = await createUser(orgId, ANALYST, 'analyst', admin)
    await setPassword(analyst.userId, analystPassword, admin)
    const { secretKey } = await createSecretKey(orgId, { name: 'Demo traffic', scopes: [...KEY_SCOPES] }, admin)
    const apps: DemoApp[] = []
    for (const wanted of APPS) {
      const { appId, slug, ingestKey } = await createApp(orgId, { ...wanted }, admin)
      const links = await createLinks(admin, { orgId, appId }, wanted.platform)
      apps.push({ org, slug, name: wanted.name, appId, platform: wanted.platform, ingestKey, secretKey, links })
    }
    say('Importing exchange rates and costs …')
    await importRates(wholeOrganization(orgId), demoRates(seededAt))
    for (const app of apps) {
      const { touchpoints } = demoSimulation(app, seededAt)
      await importCosts({ ...wholeOrganization(orgId), apps: [app.appId as AppId] }, demoCosts(touchpoints, seededAt))
    }
    return {
      signIns: [
        { email: OWNER, password, role: 'owner', org },
        { email: ANALYST, password: analystPassword, role: 'analyst', org },
      ],
      apps,
      seededAt,
    }
  } finally {
    await admin.$disconnect()
  }
}

/** A first start that was killed left a demo organization that no demo file names: it goes, and its people stay. */
async function forgetHalfMade(admin: PrismaClient): Promise<void> {
  await admin.organization.deleteMany({
    where: { name: STUDIO, memberships: { some: { role: 'owner', user: { email: OWNER } } } },
  })
}

type Owner = Parameters<typeof createLink>[0]

async function createLinks(
  admin: PrismaClient,
  owner: Owner,
  platform: DemoApp['platform'],
): Promise<Record<string, string>> {
  const links: Record<string, string> = {}
  for (const { mediaSource, campaign, platforms } of CAMPAIGNS) {
    if (!platforms.includes(platform)) continue
    const input = createLinkInput.parse({
      name: `${mediaSource} ${campaign}`.replaceAll('_', ' '),
      mediaSource,
      campaign,
    })
    links[campaign] = (await createLink(owner, input, admin)).linkId
  }
  return links
}
