import type { Metadata } from 'next'
import { SecretKeys } from '../_components/secret-keys.tsx'

export const metadata: Metadata = { title: 'API keys' }

/** The organization's secret keys for servers. */
export default function KeysPage() {
  return <SecretKeys />
}
