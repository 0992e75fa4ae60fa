import { AppWindow } from 'lucide-react'
import type { Metadata } from 'next'
import Link from 'next/link'
import { redirect } from 'next/navigation'
import { loadConsole } from '#app/_lib/console-data.ts'
import { Button } from '#app/_ui/button.tsx'
import { PageBody } from '#app/_ui/page.tsx'
import { EmptyState } from '#app/_ui/states.tsx'

export const metadata: Metadata = { title: 'Apps' }

/** The organization's door: leads to its first app, or says what to do when there is none to see. */
export default async function OrganizationPage({ params }: { params: Promise<{ org: string }> }) {
  const { org, apps } = await loadConsole((await params).org)
  const [first] = apps
  if (first) redirect(`/${org.slug}/${first.slug}`)
  if (!org.permissions.includes('apps:read'))
    return (
      <PageBody narrow>
        <h1 className="sr-only">{org.name}</h1>
        <EmptyState icon={<AppWindow />} title="Your role does not include apps">
          You are {org.role.replace('_', ' ')} of {org.name}. An owner or admin can give you a role that sees its apps.
        </EmptyState>
      </PageBody>
    )
  return (
    <PageBody narrow>
      <h1 className="sr-only">{org.name}</h1>
      <EmptyState
        icon={<AppWindow />}
        title="No app yet"
        action={
          org.permissions.includes('apps:write') && (
            <Button variant="primary" asChild>
              <Link href={`/onboarding?org=${org.slug}`}>Add an app</Link>
            </Button>
          )
        }
      >
        An app gets an ingest key for its events and tracking links for its ads. It takes about a minute.
      </EmptyState>
    </PageBody>
  )
}
