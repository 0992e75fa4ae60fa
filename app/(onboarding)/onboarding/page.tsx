import type { Metadata } from 'next'
import { redirect } from 'next/navigation'
import { currentKey } from '#app/_lib/key-state.ts'
import { orNotFound, serverApi } from '#app/_lib/server-api.ts'
import { env } from '#server/platform/env.ts'
import { newToken } from '#server/platform/ids.ts'
import { AppStep } from './_components/app-step.tsx'
import { EventStep } from './_components/event-step.tsx'
import { OrganizationStep } from './_components/organization-step.tsx'
import { Steps } from './_components/steps.tsx'

export const metadata: Metadata = { title: 'Get started' }

const one = (value: string | string[] | undefined) => (Array.isArray(value) ? value[0] : value)

/**
 * Organization, app, first event. The address holds the step (`org`, `app`), so that a reload or a later visit goes on where
 * somebody left; `new=1` makes another organization.
 */
export default async function OnboardingPage({
  searchParams,
}: {
  searchParams: Promise<Record<string, string | string[] | undefined>>
}) {
  const query = await searchParams
  const [org, app] = [one(query.org), one(query.app)]
  const api = await serverApi()
  if (!org) {
    const { organizations } = await api.account.me()
    const last = organizations.findLast(({ permissions }) => permissions.includes('apps:write'))
    if (last && one(query.new) !== '1') redirect(`/onboarding?org=${last.slug}`)
    return (
      <>
        <Steps current={1} />
        <OrganizationStep />
      </>
    )
  }
  if (!app) {
    const { name } = await orNotFound(api.organizations.get({ org }))
    const apps = await api.apps.list({ org })
    return (
      <>
        <Steps current={2} />
        <AppStep org={org} organizationName={name} apps={apps.map(({ slug, name }) => ({ slug, name }))} />
      </>
    )
  }
  const found = await orNotFound(api.apps.get({ org, app }))
  const keys = await api.apps.ingestKeys({ org, app })
  const live = currentKey(keys, Date.now())
  return (
    <>
      <Steps current={3} />
      <EventStep
        org={org}
        app={{ slug: app, appId: found.appId, name: found.name, platform: found.platform, timezone: found.timezone }}
        ingestKey={live?.key ?? null}
        collectorUrl={env().COLLECTOR_URL.replace(/\/+$/, '')}
        // One device and two event ids per visit: running the snippet twice counts once, a reload makes a new device.
        sample={{ deviceId: `test-${newToken(8)}`, installId: newToken(16), purchaseId: newToken(16) }}
      />
    </>
  )
}
