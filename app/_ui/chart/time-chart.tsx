'use client'
import { useMemo } from 'react'
import { Area, CartesianGrid, ComposedChart, Line, ResponsiveContainer, Tooltip, XAxis, YAxis } from 'recharts'
import { type TimeSeries, toPoints } from './series.ts'
import { ChartTooltip } from './tooltip.tsx'

/**
 * The drawing itself, loaded lazily by ChartFrame. Areas are stacked, so their upper edge is the total; lines are not.
 * @param kind `area` only for values that add up
 */
export function TimeChart({
  data,
  kind,
  whole,
  formatValue,
  formatAxis,
  formatBucket,
}: {
  data: TimeSeries
  kind: 'area' | 'line'
  /** Values are counts: the axis shows whole numbers only. */
  whole: boolean
  formatValue: (value: number | null) => string
  formatAxis: (value: number) => string
  formatBucket: (bucket: string) => string
}) {
  const points = useMemo(() => toPoints(data), [data])
  const isDotted = data.buckets.length === 1
  return (
    <ResponsiveContainer width="100%" height="100%">
      <ComposedChart data={points} margin={{ top: 8, right: 12, bottom: 0, left: 0 }}>
        <CartesianGrid vertical={false} stroke="var(--line)" />
        <XAxis
          dataKey="bucket"
          tickFormatter={formatBucket}
          tickLine={false}
          axisLine={{ stroke: 'var(--line)' }}
          tick={{ fill: 'var(--ink-faint)', fontSize: 12 }}
          minTickGap={28}
          dy={4}
        />
        <YAxis
          tickFormatter={formatAxis}
          tickLine={false}
          axisLine={false}
          tick={{ fill: 'var(--ink-faint)', fontSize: 12 }}
          width={52}
          tickCount={5}
          allowDecimals={!whole}
          domain={[0, 'auto']}
        />
        <Tooltip
          isAnimationActive={false}
          cursor={{ stroke: 'var(--line-strong)', strokeDasharray: '3 3' }}
          wrapperStyle={{ zIndex: 20, outline: 'none' }}
          content={({ active, label }) =>
            active ? (
              <ChartTooltip
                data={data}
                bucket={String(label)}
                total={kind === 'area'}
                formatValue={formatValue}
                formatBucket={formatBucket}
              />
            ) : null
          }
        />
        {data.series.flatMap(({ id, colour }) =>
          [false, true].map((running) => {
            const shared = {
              key: running ? `${id}~` : id,
              dataKey: running ? `${id}~` : id,
              stroke: colour,
              strokeWidth: 1.5,
              dot: isDotted,
              activeDot: { r: 3, fill: colour, stroke: 'var(--surface)' },
              isAnimationActive: false,
              type: 'linear' as const,
              ...(running ? { strokeDasharray: '4 4' } : {}),
            }
            const { key, ...props } = shared
            return kind === 'area' ? (
              <Area
                key={key}
                {...props}
                stackId={running ? 'running' : 'complete'}
                fill={colour}
                fillOpacity={running ? 0.12 : 0.28}
              />
            ) : (
              <Line key={key} {...props} />
            )
          }),
        )}
      </ComposedChart>
    </ResponsiveContainer>
  )
}
