'use client'
import Link from 'next/link'
import { useRouter } from 'next/navigation'
import { useEffect, useState } from 'react'
import { useTRPCClient } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Select } from '#app/_ui/input.tsx'
import { StepError, StepTitle } from './parts.tsx'

const PLATFORMS = {
  android: { title: 'Android', label: 'Package name', hint: 'As in Google Play, such as com.example.game.' },
  ios: { title: 'iOS', label: 'Bundle id', hint: 'As in Xcode, such as com.example.game.' },
  web: { title: 'Web', label: 'Host name', hint: 'Where the app runs, such as shop.example.com.' },
} as const
type Platform = keyof typeof PLATFORMS
const NAMES = Object.keys(PLATFORMS) as Platform[]

/** Second step: which app is measured. */
export function AppStep({
  org,
  organizationName,
  apps,
}: {
  org: string
  organizationName: string
  apps: readonly { slug: string; name: string }[]
}) {
  const trpc = useTRPCClient()
  const router = useRouter()
  const [platform, setPlatform] = useState<Platform>('android')
  const submission = useSubmit(['name', 'platform', 'bundleId', 'storeId', 'timezone'], async (data) => {
    const made = await trpc.apps.create.mutate({
      org,
      platform,
      name: textOf(data, 'name'),
      bundleId: textOf(data, 'bundleId'),
      storeId: textOf(data, 'storeId'),
      timezone: textOf(data, 'timezone') || undefined,
    })
    router.push(`/onboarding?org=${org}&app=${made.slug}`)
  })
  const { label, hint } = PLATFORMS[platform]
  return (
    <>
      <StepTitle title={apps.length ? 'Add an app' : 'Add your first app'}>
        An app is one package on one platform. The same game on iOS and Android is two apps of {organizationName}.
      </StepTitle>
      {apps.length > 0 && (
        <p className="text-sm text-muted">
          You have {apps.map(({ name }) => name).join(', ')} already.{' '}
          <Link className="ui-link" href={`/${org}/${apps[0]?.slug}`}>
            Open the console
          </Link>
        </p>
      )}
      <form {...submission.form} className="ui-card flex flex-col gap-4 p-5">
        <StepError submission={submission} />
        <Field label="Name" error={submission.fieldError('name')}>
          {(control) => <Input {...control} name="name" maxLength={80} required />}
        </Field>
        <fieldset className="flex flex-col gap-1">
          <legend className="mb-1 text-sm font-medium">Platform</legend>
          <div className="grid grid-cols-3 gap-2">
            {NAMES.map((name) => (
              <label
                key={name}
                className="flex cursor-pointer items-center gap-2 rounded-md border border-line-strong px-3 py-2 text-sm has-checked:border-accent has-checked:bg-accent-soft"
              >
                <input
                  type="radio"
                  name="platform"
                  value={name}
                  checked={platform === name}
                  onChange={() => setPlatform(name)}
                  className="accent-accent"
                />
                {PLATFORMS[name].title}
              </label>
            ))}
          </div>
        </fieldset>
        <Field label={label} hint={hint} error={submission.fieldError('bundleId')}>
          {(control) => (
            <Input {...control} name="bundleId" autoCapitalize="none" autoComplete="off" spellCheck={false} required />
          )}
        </Field>
        {platform === 'ios' && (
          <Field
            label="App Store id"
            optional
            hint="The number in the address of the store page. Tracking links lead there."
            error={submission.fieldError('storeId')}
          >
            {(control) => <Input {...control} name="storeId" inputMode="numeric" autoComplete="off" />}
          </Field>
        )}
        <ZoneField error={submission.fieldError('timezone')} />
        <Button
          type="submit"
          variant="primary"
          size="lg"
          className="self-start"
          pending={submission.pending}
          disabled={submission.loading}
        >
          Create app
        </Button>
      </form>
    </>
  )
}

/** The app's time zone, the browser's own to begin with; the list comes from the browser, so it is filled after hydration. */
function ZoneField({ error }: { error: string | undefined }) {
  const [zones, setZones] = useState<string[]>(['UTC'])
  const [zone, setZone] = useState('UTC')
  useEffect(() => {
    const own = Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC'
    setZones([...new Set(['UTC', own, ...Intl.supportedValuesOf('timeZone')])].sort())
    setZone(own)
  }, [])
  return (
    <Field label="Time zone" hint="Days in reports begin at midnight here." error={error}>
      {(control) => (
        <Select {...control} name="timezone" value={zone} onChange={(event) => setZone(event.target.value)}>
          {zones.map((name) => (
            <option key={name}>{name}</option>
          ))}
        </Select>
      )}
    </Field>
  )
}
