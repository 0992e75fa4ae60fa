import type { Metadata } from 'next'
import { Campaigns } from './_components/campaigns.tsx'

export const metadata: Metadata = { title: 'Campaigns' }

/** Figures by media source, and down the hierarchy. */
export default function CampaignsPage() {
  return <Campaigns />
}
