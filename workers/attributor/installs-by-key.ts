import {
  CROWD_SPAN_MS,
  engineInstall,
  type Install,
  installKeys,
  isNetworkKey,
  type KeyedInstall,
  neighboursOf,
  SETTLE_MS,
  siblingsOf,
} from '#server/modules/attribution/index.ts'
import type { ClickHouseClient } from '#server/stores/index.ts'
import { readKeyedInstalls, traitsOf } from './lookups.ts'
import type { Tenant } from './reads.ts'
import { arrivalOf, type Work } from './work.ts'

/** Whether other installs are found by the key: those of the same device, those behind the same network address. */
const isShared = (key: string): boolean => key.startsWith('a:') || key.startsWith('i:') || isNetworkKey(key)

/** Rows of `keyed_installs` for installs that are new, or took the place of another of their device. */
export function keyRows({ orgId, appId }: Tenant, changed: readonly Omit<Work, 'install'>[], now: number): object[] {
  return changed.flatMap(({ stored, before }) => {
    const row = (of: typeof stored, key: string, removed: boolean) => ({
      org_id: orgId,
      app_id: appId,
      key,
      install_time: of.install_time,
      device_id: of.device_id,
      environment: of.environment,
      traits: traitsOf(engineInstall(of)),
      received_at: of.received_at,
      removed,
      // Of two rows about one device and key the later one says what holds.
      written_at: new Date(removed ? now - 1 : now).toISOString(),
    })
    const keys = new Set<string>(installKeys(engineInstall(stored)))
    const moved = before && Date.parse(before.install.install_time) !== Date.parse(stored.install_time)
    const gone = before ? installKeys(engineInstall(before.install)).filter((key) => moved || !keys.has(key)) : []
    return [
      ...[...keys].map((key) => row(stored, key, false)),
      ...(before ? gone.map((key) => row(before.install, key, true)) : []),
    ]
  })
}

/** The app's installs that share a device or a network address with those that are decided, by key. */
export class InstallsByKey {
  readonly byKey = new Map<string, KeyedInstall[]>()
  private readonly clickhouse: ClickHouseClient
  private readonly tenant: Tenant

  constructor(clickhouse: ClickHouseClient, tenant: Tenant) {
    this.clickhouse = clickhouse
    this.tenant = tenant
  }

  /** Reads what is stored around these installs. */
  async load(installs: readonly Install[]): Promise<void> {
    const keys = new Set(installs.flatMap(installKeys).filter((key) => isShared(key) || key.startsWith('d:')))
    // Behind one address what was read before may have been of another time.
    const missing = [...keys].filter((key) => isNetworkKey(key) || !this.byKey.has(key))
    const found = await readKeyedInstalls(this.clickhouse, this.tenant, missing, installs)
    for (const key of missing) if (!this.byKey.has(key)) this.byKey.set(key, [])
    for (const one of found) this.add(one.key, one)
  }

  /** Whether the device has an install that was decided, or was about to be. */
  has(deviceId: string): boolean {
    return (this.byKey.get(`d:${deviceId.trim()}`) ?? []).length > 0
  }

  /** Puts installs that are not read yet in the place of what is stored about their devices. */
  put(changed: readonly Work[]): void {
    const devices = new Set(changed.map(({ stored }) => stored.device_id))
    for (const [key, list] of this.byKey) {
      if (list.some(({ deviceId }) => devices.has(deviceId)))
        this.byKey.set(
          key,
          list.filter(({ deviceId }) => !devices.has(deviceId)),
        )
    }
    for (const { stored, install } of changed) {
      for (const key of installKeys(install).filter(isShared)) {
        const { advertisingId, idfv, osVersion, deviceModel } = install
        this.add(key, {
          key,
          deviceId: install.deviceId,
          installTime: install.installTime,
          receivedAt: arrivalOf(stored).receivedAt,
          environment: stored.environment,
          platform: install.platform,
          osVersion,
          deviceModel,
          advertisingId,
          idfv,
        })
      }
    }
  }

  /**
   * Devices with an install after this one, or after the one it takes the place of, that looks different because of it: on
   * the same device it becomes a reinstall, behind the same network address it is less certain.
   */
  followersOf({ stored, install, before }: Work, reinstallWindowMs: number): string[] {
    const { receivedAt } = arrivalOf(stored)
    const was = before ? engineInstall(before.install) : install
    const from = Math.min(install.installTime, was.installTime)
    const until = Math.max(install.installTime, was.installTime)
    const affected = (others: readonly KeyedInstall[], span: number) =>
      others.filter(
        ({ installTime, receivedAt: arrived = 0 }) =>
          installTime >= from && installTime <= until + span && receivedAt <= arrived + SETTLE_MS,
      )
    return (before ? [install, was] : [install])
      .flatMap((one) => [
        ...affected(siblingsOf(one, this.byKey), reinstallWindowMs),
        ...affected(neighboursOf(one, this.byKey), CROWD_SPAN_MS),
      ])
      .map(({ deviceId }) => deviceId)
  }

  private add(key: string, one: KeyedInstall): void {
    const list = this.byKey.get(key)
    if (!list) this.byKey.set(key, [one])
    else if (!list.some((other) => other.deviceId === one.deviceId && other.installTime === one.installTime))
      list.push(one)
  }
}
