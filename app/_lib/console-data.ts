import 'server-only'
import { headers } from 'next/headers'
import { notFound } from 'next/navigation'
import { cache } from 'react'
import { can, membershipsOf, permissionsOf } from '#server/authz/index.ts'
import { env } from '#server/platform/env.ts'
import type { ConsoleApp, ConsoleData } from './console.tsx'
import { serverApi } from './server-api.ts'
import { requireUser } from './session.ts'

/**
 * What the console's frame needs about the person and the organization; asked once per request.
 * A visitor is sent to the sign-in page; an organization the person is not in does not exist (404).
 */
export const loadConsole = cache(async (slug: string): Promise<ConsoleData> => {
  const user = await requireUser((await headers()).get('x-path') ?? `/${slug}`)
  const organizations = await membershipsOf(user.userId)
  const org = organizations.find((candidate) => candidate.slug === slug)
  if (!org) notFound()
  const apps: ConsoleApp[] = can(org.role, 'apps:read') ? await (await serverApi()).apps.list({ org: slug }) : []
  const e = env()
  return {
    user: { email: user.email, name: user.name },
    org: {
      slug: org.slug,
      name: org.name,
      plan: org.plan,
      role: org.role,
      reportingCurrency: org.reportingCurrency,
      permissions: permissionsOf(org.role),
    },
    organizations: organizations.map(({ slug, name }) => ({ slug, name })),
    apps: apps.map(({ slug, name, platform, timezone }) => ({ slug, name, platform, timezone })),
    collectorUrl: e.COLLECTOR_URL,
    inboxUrl: e.DEMO ? (e.INBOX_URL ?? null) : null,
  }
})
