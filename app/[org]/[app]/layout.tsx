import type { Metadata } from 'next'
import { notFound } from 'next/navigation'
import type { ReactNode } from 'react'
import { AppProvider } from '#app/_lib/console.tsx'
import { loadConsole } from '#app/_lib/console-data.ts'

type Params = Promise<{ org: string; app: string }>

/** Pages of an app carry its name in their titles. */
export async function generateMetadata({ params }: { params: Params }): Promise<Metadata> {
  const { org, app: slug } = await params
  const app = (await loadConsole(org)).apps.find((candidate) => candidate.slug === slug)
  return app ? { title: { default: app.name, template: `%s · ${app.name}` } } : {}
}

/** The rooms of one app; an app that the organization does not have is a 404. */
export default async function AppLayout({ children, params }: { children: ReactNode; params: Params }) {
  const { org, app: slug } = await params
  const app = (await loadConsole(org)).apps.find((candidate) => candidate.slug === slug)
  if (!app) notFound()
  return <AppProvider app={app}>{children}</AppProvider>
}
