import type { Metadata } from 'next'
import { Overview } from './_components/overview.tsx'

export const metadata: Metadata = { title: 'Overview' }

/** The app's first room: what came in, from where, and what it earned. */
export default function OverviewPage() {
  return <Overview />
}
