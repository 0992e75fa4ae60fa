import type { Metadata } from 'next'
import { Rates } from '../_components/rates.tsx'

export const metadata: Metadata = { title: 'Exchange rates' }

/** The dated rates that money in reports is converted by. */
export default function RatesPage() {
  return <Rates />
}
