'use client'
import { useMemo } from 'react'
import { durationWords } from '#app/_lib/attribution/durations.ts'
import { formatDateTime, formatPercent } from '#app/_lib/format.ts'
import { Badge } from '#app/_ui/badge.tsx'
import { EmptyState } from '#app/_ui/states.tsx'
import { type Column, DataTable } from '#app/_ui/table/index.ts'
import { fateWords } from '../../_components/fate.ts'
import { type Candidate, identifierWords, matchTypeWord } from '../../_components/words.ts'

/** Every candidate of a decision in rank order, with what became of it in words. */
export function CandidatesTable({
  candidates,
  winner,
  timeZone,
}: {
  candidates: readonly Candidate[]
  winner: Candidate | null
  timeZone: string
}) {
  const columns = useMemo(() => columnsFor(winner, timeZone), [winner, timeZone])
  return (
    <DataTable
      label="Candidates"
      name="candidates"
      tools={candidates.length > 0}
      columns={columns}
      rows={candidates}
      rowId={(one) => one.touchpoint_id}
      empty={
        <EmptyState title="No touchpoint matches this install">
          No click or view of the last 30 days shares an identifier or its network address with it, and it names no
          recorded click.
        </EmptyState>
      }
    />
  )
}

function columnsFor(winner: Candidate | null, timeZone: string): Column<Candidate>[] {
  return [
    { id: 'rank', title: 'Rank', value: (one) => one.rank, number: true },
    {
      id: 'fate',
      title: 'Result',
      value: (one) => (one.eligible ? (one.rank === 1 ? 'won' : 'lost') : 'refused'),
      cell: (one) =>
        one.eligible && one.rank === 1 ? (
          <Badge tone="positive">Won</Badge>
        ) : (
          <Badge tone={one.eligible ? 'neutral' : 'warning'}>{one.eligible ? 'Lost' : 'Refused'}</Badge>
        ),
    },
    { id: 'type', title: 'Type', value: (one) => one.touchpoint_type },
    { id: 'source', title: 'Media source', value: (one) => one.media_source },
    {
      id: 'before',
      title: 'Before the install',
      value: (one) => one.time_to_install_ms,
      number: true,
      cell: (one) =>
        one.time_to_install_ms < 0
          ? `${durationWords(one.time_to_install_ms)} after`
          : durationWords(one.time_to_install_ms),
    },
    {
      id: 'why',
      title: 'Why',
      value: (one) => fateWords(one, winner),
      width: 180,
      cell: (one) => <span className="block max-w-56 py-1 whitespace-normal">{fateWords(one, winner)}</span>,
    },
    {
      id: 'match',
      title: 'Match',
      value: (one) => one.match_type,
      cell: (one) => <span title={identifierWords(one.matched_by)}>{matchTypeWord(one.match_type)}</span>,
    },
    {
      id: 'probability',
      title: 'Likelihood',
      value: (one) => (one.match_type === null ? null : one.probability),
      number: true,
      cell: (one) =>
        one.match_type === null ? '–' : one.match_type === 'probabilistic' ? formatPercent(one.probability) : 'certain',
    },
    { id: 'campaign', title: 'Campaign', value: (one) => one.campaign, cell: (one) => one.campaign ?? '–' },
    {
      id: 'time',
      title: 'Time',
      value: (one) => Date.parse(one.touchpoint_time),
      cell: (one) => formatDateTime(one.touchpoint_time, timeZone),
      width: 170,
    },
    {
      id: 'id',
      title: 'Touchpoint id',
      value: (one) => one.touchpoint_id,
      cell: (one) => <code className="font-mono text-xs">{one.touchpoint_id}</code>,
      optional: true,
    },
    { id: 'matched_by', title: 'In common', value: (one) => identifierWords(one.matched_by), optional: true },
    { id: 'retargeting', title: 'Retargeting', value: (one) => (one.is_retargeting ? 'yes' : 'no'), optional: true },
    { id: 'web_to_app', title: 'Web to app', value: (one) => (one.web_to_app ? 'yes' : 'no'), optional: true },
    { id: 'ad_set', title: 'Ad set', value: (one) => one.ad_set, optional: true },
    { id: 'ad', title: 'Ad', value: (one) => one.ad, optional: true },
    { id: 'creative', title: 'Creative', value: (one) => one.creative, optional: true },
    { id: 'site_id', title: 'Site id', value: (one) => one.site_id, optional: true },
  ]
}
