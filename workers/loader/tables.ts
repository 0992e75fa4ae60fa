import type { FrameKind } from '#server/eventlog/index.ts'

/** The table a kind of row is loaded into, and the column that makes its row unique within an app. */
export const TABLES: Record<FrameKind, { table: string; id: string }> = {
  event: { table: 'events', id: 'event_id' },
  touchpoint: { table: 'touchpoints', id: 'touchpoint_id' },
  rejected: { table: 'rejected_events', id: 'rejected_id' },
}

/** Touchpoints first: whoever sees an install must see every touchpoint that was appended before it. */
export const LOAD_ORDER = ['touchpoint', 'rejected', 'event'] as const satisfies readonly FrameKind[]
