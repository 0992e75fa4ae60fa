import { formatDateTime } from '#app/_lib/format.ts'
import { Card } from '#app/_ui/card.tsx'
import type { Decision } from '../../_components/words.ts'

const TEXTS = [
  ['platform', 'Platform'],
  ['country', 'Country'],
  ['os_version', 'OS version'],
  ['app_version', 'App version'],
  ['device_model', 'Device'],
  ['click_id', 'Click id'],
  ['referrer_click_id', 'Referrer click id'],
  ['install_referrer', 'Install referrer'],
  ['advertising_id', 'Advertising id'],
  ['idfv', 'Vendor id (IDFV)'],
  ['customer_user_id', 'Customer user id'],
  ['ip', 'IP address'],
] as const

/** What the install itself said, as the engine saw it; what it did not say is left out. */
export function InstallFacts({ install, timeZone }: { install: Decision['install']; timeZone: string }) {
  return (
    <Card title="The install" description="What the engine saw.">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-sm">
        <dt className="text-muted">Installed</dt>
        <dd>{formatDateTime(install.install_time, timeZone)}</dd>
        {TEXTS.map(([field, label]) =>
          install[field] ? (
            <div key={field} className="contents">
              <dt className="text-muted">{label}</dt>
              <dd className="break-all">{install[field]}</dd>
            </div>
          ) : null,
        )}
        {!install.probabilistic_allowed && (
          <>
            <dt className="text-muted">Consent</dt>
            <dd>Forbids matching by network address and kind of device</dd>
          </>
        )}
      </dl>
    </Card>
  )
}
