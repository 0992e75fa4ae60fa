import { OF_SNAPSHOT } from './snapshot.ts'

/** Reads rows of a query that may use a slice's parameters. */
export type Read = (sql: string) => AsyncGenerator<unknown[][]>

/** Reads a query's only column, which is JSON, by lines. */
export type ReadLines = (sql: string) => AsyncGenerator<string[]>

/** A parameter of Unix milliseconds as a time. */
export const at = (name: string) => `fromUnixTimestamp64Milli({${name}:Int64}, 'UTC')`

/** Condition on `replay_installs`: the installs of the slice. */
export const IN_SLICE = `${OF_SNAPSHOT} and install_time >= ${at('from')} and install_time < ${at('to')}
  and cityHash64(device_id) % {parts:UInt32} = {part:UInt32}`

export const OF_APP = 'org_id = {org:String} and app_id = {app:String}'

/** Keys of the slice's installs that begin with one of the letters, as a subquery. */
export const keys = (letters: string) =>
  `(select distinct key from (select arrayJoin(keys) as key from replay_installs where ${IN_SLICE}) where substring(key, 1, 1) in (${[...letters].map((one) => `'${one}'`).join(', ')}))`
