import { type KeyedInstall, PER_KEY } from '#server/modules/attribution/index.ts'
import { text, whole } from './read.ts'
import { at, keys, OF_APP, type Read } from './slice-sql.ts'

/** Installs under a key that a slice's installs have, in order of time, by key. */
export type OthersByKey = ReadonlyMap<string, readonly KeyedInstall[]>

/**
 * An earlier install makes a later one of its device a reinstall, also when it lies before the period; earlier installs behind
 * the same network address make a probabilistic match less likely. Of those before the slice the latest of a key, bounded as
 * the attributor bounds them; those in the slice are no more than it holds.
 * @param byNetwork whether touchpoints behind an install's network address can win
 * @throws as `stream`
 */
export async function readOthers(read: Read, byNetwork: boolean): Promise<OthersByKey> {
  const near = `(key in ${keys('p')} and install_time >= ${at('near')})`
  const sql = `select key, device_id, toUnixTimestamp64Milli(install_time), environment, traits,
      toUnixTimestamp64Milli(received_at)
    from (
      select key, install_time, device_id, argMax(environment, written_at) as environment, argMax(traits, written_at) as traits,
        argMax(received_at, written_at) as received_at
      from keyed_installs
      where ${OF_APP} and keyed_installs.received_at <= ${at('cut')} and install_time < ${at('to')}
        and (key in ${keys('ai')}${byNetwork ? ` or ${near}` : ''})
      group by key, install_time, device_id having not argMax(removed, written_at)
    )
    order by key, install_time desc, device_id
    limit ${PER_KEY} by key, if(startsWith(key, 'p:'), toDate(install_time), toDate(0)), greatest(install_time, ${at('from')})`
  const byKey = new Map<string, KeyedInstall[]>()
  for await (const rows of read(sql)) {
    for (const row of rows) {
      const one = keyedInstall(row)
      const list = byKey.get(one.key)
      if (list) list.push(one)
      else byKey.set(one.key, [one])
    }
  }
  for (const list of byKey.values()) list.reverse()
  return byKey
}

function keyedInstall(row: readonly unknown[]): KeyedInstall {
  const key = text(row, 0)
  const id = key.slice(2)
  const [platform = '', osVersion = '', deviceModel = ''] = text(row, 4).split('\n')
  return {
    key,
    deviceId: text(row, 1),
    installTime: whole(row, 2),
    environment: text(row, 3) === 'sandbox' ? 'sandbox' : 'production',
    platform,
    osVersion,
    deviceModel,
    receivedAt: whole(row, 5),
    ...(key.startsWith('a:') ? { advertisingId: id } : key.startsWith('i:') ? { idfv: id } : {}),
  }
}
