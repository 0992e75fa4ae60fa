'use client'
import { formatMetric, formatMoney, formatNumber } from '#app/_lib/format.ts'
import type { Outputs } from '#app/_lib/trpc/types.ts'
import { Stat, StatRow } from '#app/_ui/stat.tsx'

/** Why a ratio is unknown whose parts are known. */
export const NOTHING = 'There is nothing to divide by.'

/** What the conversions of the range come to, in every model alike. */
export function Totals({
  totals,
  nulls,
  currency,
  reasonFor,
}: {
  /** Absent while they are loading. */
  totals: Outputs['multiTouch']['touchModels']['totals'] | undefined
  /** Paths without a conversion; undefined while they are being counted, null where that failed. */
  nulls: number | null | undefined
  /** ISO 4217. */
  currency: string
  /** Why a figure is unknown. */
  reasonFor: (figure: 'value' | 'cost' | 'roas') => string | undefined
}) {
  const loading = totals === undefined
  return (
    <StatRow>
      <Stat
        term={{ title: 'Conversions', description: 'All conversions of these days. Every model adds up to them.' }}
        value={formatNumber(totals?.conversions ?? null)}
        loading={loading}
      />
      <Stat
        term={{
          title: 'With a touch',
          description:
            'Conversions with at least one touch in the lookback window. The others are organic in every model.',
        }}
        value={formatNumber(totals?.withTouch ?? null)}
        loading={loading}
        footer={totals && `${Math.round((100 * totals.withTouch) / totals.conversions)}% of all`}
      />
      <Stat
        term={{
          title: 'Paths without conversion',
          description:
            'Devices and strangers who were touched in these days and never converted in them. Markov with nulls learns from them too.',
        }}
        value={formatNumber(nulls ?? null)}
        reason="The paths could not be read."
        loading={nulls === undefined}
      />
      <Stat
        term={{ title: 'Value', description: 'What the conversions were worth, in the reporting currency.' }}
        value={formatMoney(totals?.value ?? null, currency)}
        reason={reasonFor('value')}
        loading={loading}
      />
      <Stat
        term={{ title: 'ROAS', description: 'Value of the conversions with a touch ÷ cost of these days.' }}
        value={formatMetric(totals?.roas ?? null, 'ratio')}
        reason={reasonFor('value') ?? reasonFor('roas') ?? NOTHING}
        loading={loading}
      />
      <Stat
        term={{ title: 'Cost per conversion', description: 'Cost of these days ÷ conversions with a touch.' }}
        value={formatMoney(totals?.costPerConversion ?? null, currency)}
        reason={reasonFor('cost') ?? NOTHING}
        loading={loading}
      />
    </StatRow>
  )
}
