'use client'
import Link from 'next/link'
import { useConsole } from '#app/_lib/console.tsx'
import { useTerms } from '#app/_lib/reports.ts'
import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'

/** A metric that could not be computed, and why; as `meta.missing` says it. */
export interface Missing {
  metric: string
  reason: string
  /** For a reader. */
  message: string
  currencies?: readonly string[] | undefined
}

/** Says which amounts are unknown for want of an exchange rate, and leads to where rates are imported. */
export function MissingNotice({ missing }: { missing: readonly Missing[] | undefined }) {
  const { org } = useConsole()
  const term = useTerms()
  const currencies = [...new Set(missing?.flatMap((entry) => entry.currencies ?? []))].sort()
  if (!missing || currencies.length === 0) return null
  const metrics = missing.filter((entry) => entry.currencies?.length).map((entry) => term(entry.metric).title)
  return (
    <Notice
      tone="warning"
      title={`${metrics.join(', ')}: partly unknown.`}
      actions={
        org.permissions.includes('rates:write') && (
          <Button size="sm" asChild>
            <Link href={`/${org.slug}/settings/rates`}>Import rates</Link>
          </Button>
        )
      }
    >
      There is no exchange rate to {org.reportingCurrency} for {currencies.join(', ')} on some of these days. Sums that
      need one show as “–”, never as zero.
    </Notice>
  )
}

/** The reason a metric is unknown, for the tooltip on its dash. */
export function reasonFor(missing: readonly Missing[] | undefined, metric: string): string {
  const said = missing?.find((entry) => entry.metric === metric)?.message
  if (said) return said
  const day = /^retention_d(\d+)$/.exec(metric)?.[1]
  return day ? `No install here has its day ${day} behind it yet.` : 'There is nothing to divide by in these days.'
}
