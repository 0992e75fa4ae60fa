import type { Metadata } from 'next'
import { GeneralSettings } from './_components/general-settings.tsx'

export const metadata: Metadata = { title: 'Organization settings' }

/** Name and reporting currency of the organization. */
export default function SettingsPage() {
  return <GeneralSettings />
}
