import type { Metadata } from 'next'
import { AppSettingsRoom } from './_components/app-settings-room.tsx'

export const metadata: Metadata = { title: 'App settings' }

/** One app's settings. */
export default function AppSettingsPage() {
  return <AppSettingsRoom />
}
