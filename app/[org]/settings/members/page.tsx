import type { Metadata } from 'next'
import { Members } from '../_components/members.tsx'

export const metadata: Metadata = { title: 'Members' }

/** Who is in the organization. */
export default function MembersPage() {
  return <Members />
}
