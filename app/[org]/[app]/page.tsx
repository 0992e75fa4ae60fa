import type { Metadata } from 'next'
import { loadConsole } from '#app/_lib/console-data.ts'
import { Overview } from './_components/overview.tsx'

/** The layout's title template holds only for the pages below its own, so this page names the app itself. */
export async function generateMetadata({
  params,
}: {
  params: Promise<{ org: string; app: string }>
}): Promise<Metadata> {
  const { org, app: slug } = await params
  const app = (await loadConsole(org)).apps.find((candidate) => candidate.slug === slug)
  return app ? { title: { absolute: `Overview · ${app.name}` } } : {}
}

/** The app's first room: what came in, from where, and what it earned. */
export default function OverviewPage() {
  return <Overview />
}
