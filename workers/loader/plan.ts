import { readFile } from 'node:fs/promises'
import type { ClickHouseClient } from '@clickhouse/client'
import { z } from 'zod'

const digits = z.string().regex(/^\d+$/)
const rowsSchema = z.array(
  z.object({
    owner: z.string(),
    claimed: digits,
    from: digits,
    next: digits,
    tokens: z.string(),
    age: z.number(),
    written: z.string(),
  }),
)

/** A stretch of a log that somebody began to load. */
export interface Plan {
  from: bigint
  next: bigint
  /** Of its inserts; empty when they are not known. */
  tokens: string
  /** Seconds since it was written, and when that was, as ClickHouse says it; a repetition keeps it. */
  age: number
  writtenAt?: string
}

/** What earlier owners of a log began and may not have finished. */
export interface Begun {
  /** What the last of them began: only this may be repeated under its tokens, and only as a whole. */
  latest: Plan
  /** Behind the last position of which any of them may have inserted rows. */
  until: bigint
}

/**
 * What was begun and is not known to be loaded. A stretch counts to its end even where its beginning is loaded: a successor
 * may have done a part of it.
 * @param plans of all earlier owners, the latest first
 * @param position loaded so far
 */
export function begunBeyond(plans: readonly Plan[], position: bigint): Begun | undefined {
  const open = plans.filter(({ next }) => next > position)
  const [latest] = open
  if (!latest) return undefined
  let until = latest.next
  for (const { next } of open) if (next > until) until = next
  return { latest, until }
}

/** This process was thought dead, or is about to be: another one loads the log now. */
export class LogTakenOver extends Error {
  constructor(logId: string) {
    super(`Another loader has taken over the log ${logId}.`)
    this.name = 'LogTakenOver'
  }
}

/**
 * One process's right to load one log. It is claimed by a row in `load_plans`, and each stretch is written there before
 * its first insert, then the table is read. So of two processes that both believe to own a log one sees the other: the
 * former sees the claim and inserts nothing more, or the latter sees the plan and loads the same stretch under the same
 * tokens, whichever wrote first.
 */
export class LogClaim {
  private readonly clickhouse: ClickHouseClient
  private readonly logId: string
  private readonly owner: string
  private readonly signal: AbortSignal
  private claimed = 0n

  /** @param owner an id that is used for this one claim only */
  constructor(clickhouse: ClickHouseClient, logId: string, owner: string, signal: AbortSignal) {
    this.clickhouse = clickhouse
    this.logId = logId
    this.owner = owner
    this.signal = signal
  }

  /**
   * Claims the log.
   * @returns what each earlier owner began last, the latest owner first
   */
  async take(): Promise<Plan[]> {
    for (;;) {
      await this.write(0n, 0n, '')
      const rows = await this.read()
      const own = rows.find(({ owner }) => owner === this.owner)
      if (!own) throw new Error('The claim of a log is not there although it was written.')
      this.claimed = BigInt(own.claimed)
      const later = rows.filter((row) => this.isLater(row)).map(({ claimed }) => BigInt(claimed))
      if (later.length === 0) {
        return rows
          .filter(({ owner }) => owner !== this.owner)
          .sort((a, b) => Number(BigInt(b.claimed) - BigInt(a.claimed)))
          .map(({ from, next, tokens, age, written }) => {
            return { from: BigInt(from), next: BigInt(next), tokens, age, writtenAt: written }
          })
      }
      // The server's clock was put back since, or somebody claimed at the same moment: whoever took the log now is later.
      for (const claimed of later) if (claimed > this.claimed) this.claimed = claimed
      this.claimed += 1n
    }
  }

  /**
   * Records a stretch before its first insert.
   * @param tokens empty when what is inserted depends on what is there already
   * @param writtenAt of the plan that is repeated: the store remembers its tokens since then
   * @throws LogTakenOver when somebody has claimed the log since: nothing may be inserted then
   */
  async plan(from: bigint, next: bigint, tokens: string, writtenAt?: string): Promise<void> {
    await this.write(from, next, tokens, writtenAt)
    const rows = await this.read()
    if (rows.some((row) => this.isLater(row))) throw new LogTakenOver(this.logId)
  }

  private isLater({ claimed, owner }: { claimed: string; owner: string }): boolean {
    return BigInt(claimed) > this.claimed || (BigInt(claimed) === this.claimed && owner > this.owner)
  }

  private async write(from: bigint, next: bigint, tokens: string, writtenAt?: string): Promise<void> {
    await this.clickhouse.insert({
      table: 'load_plans',
      // The claim's time is the server's own: clocks of processes may differ.
      columns: [
        'log_id',
        'owner',
        ...(this.claimed > 0n ? ['claimed_at'] : []),
        'from_position',
        'next_position',
        'tokens',
        ...(writtenAt ? ['written_at'] : []),
      ],
      values: [
        {
          log_id: this.logId,
          owner: this.owner,
          ...(this.claimed > 0n && { claimed_at: decimalSeconds(this.claimed) }),
          from_position: String(from),
          next_position: String(next),
          tokens,
          ...(writtenAt && { written_at: writtenAt }),
        },
      ],
      format: 'JSONEachRow',
      abort_signal: this.signal,
      clickhouse_settings: { async_insert: 0, input_format_defaults_for_omitted_fields: 1 },
    })
  }

  private async read(): Promise<z.infer<typeof rowsSchema>> {
    const result = await this.clickhouse.query({
      query: `select owner, toString(toUnixTimestamp64Micro(max(claimed_at))) as claimed,
          toString(argMax(from_position, next_position)) as from, toString(max(next_position)) as next,
          argMax(load_plans.tokens, next_position) as tokens,
          toFloat64(dateDiff('second', argMax(written_at, next_position), now64(3))) as age,
          toString(argMax(written_at, next_position)) as written
        from load_plans where log_id = {logId: String} group by owner`,
      query_params: { logId: this.logId },
      format: 'JSONEachRow',
      abort_signal: this.signal,
    })
    return rowsSchema.parse(await result.json())
  }
}

/** Microseconds since 1970 as ClickHouse reads a DateTime64(6). */
function decimalSeconds(micros: bigint): string {
  return `${micros / 1_000_000n}.${String(micros % 1_000_000n).padStart(6, '0')}`
}

const fileSchema = z.object({ logId: z.string(), from: digits, next: digits })

/** The stretch that a loader of release 0.1.0 had begun last: it kept it in a file. Empty when there is none. */
export async function readPlanFile(file: string, logId: string): Promise<Plan[]> {
  try {
    const plan = fileSchema.parse(JSON.parse(await readFile(file, 'utf8')))
    return plan.logId === logId ? [{ from: BigInt(plan.from), next: BigInt(plan.next), tokens: '', age: 0 }] : []
  } catch {
    // Absent, or torn by the kill: then no insert had begun.
    return []
  }
}
