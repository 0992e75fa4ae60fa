'use client'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import { useApp, useAppScope } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/index.ts'
import { textOf, useSubmit } from '#app/_lib/use-submit.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input, Textarea } from '#app/_ui/input.tsx'
import { toast } from '#app/_ui/toast.tsx'
import type { LinkRow } from './links-room.tsx'

const SUB_PARAMS = ['sub1', 'sub2', 'sub3', 'sub4', 'sub5'] as const
const TEXTS = ['name', 'mediaSource', 'campaign', 'adSet', 'ad', 'creative', 'siteId'] as const
const ADDRESSES = ['androidUrl', 'iosUrl', 'webUrl', 'deepLink', 'fallbackUrl'] as const
const FIELDS = [
  ...TEXTS,
  ...ADDRESSES,
  'isRetargeting',
  'allowedHosts',
  ...SUB_PARAMS.map((name) => `subParams.${name}`),
]

/** The form's values as the API takes them. */
function readForm(data: FormData) {
  const text = (name: string) => textOf(data, name)
  const subParams = Object.fromEntries(
    SUB_PARAMS.map((name) => [name, text(`subParams.${name}`)] as const).filter(([, value]) => value !== ''),
  )
  return {
    name: text('name'),
    mediaSource: text('mediaSource'),
    campaign: text('campaign'),
    adSet: text('adSet'),
    ad: text('ad'),
    creative: text('creative'),
    siteId: text('siteId'),
    subParams,
    isRetargeting: data.has('isRetargeting'),
    androidUrl: text('androidUrl'),
    iosUrl: text('iosUrl'),
    webUrl: text('webUrl'),
    deepLink: text('deepLink'),
    fallbackUrl: text('fallbackUrl'),
    allowedHosts: text('allowedHosts')
      .split(/[\s,]+/)
      .filter((host) => host !== ''),
  }
}

/**
 * Creates or changes a link.
 * @param mode null: closed
 * @param link what to change, in mode `edit`
 */
export function LinkDialog({
  mode,
  link,
  onClose,
  onSaved,
}: {
  mode: 'new' | 'edit' | null
  link: LinkRow | undefined
  onClose: () => void
  onSaved: (linkId: string) => void
}) {
  const open = mode === 'new' || (mode === 'edit' && link !== undefined)
  return (
    <Dialog
      wide
      open={open}
      onOpenChange={(next) => {
        if (!next) onClose()
      }}
      title={mode === 'edit' ? 'Edit link' : 'Create link'}
      description={
        mode === 'edit'
          ? 'Clicks recorded so far keep what they were recorded with.'
          : 'Media source and campaign are what reports will show.'
      }
    >
      {open && <LinkForm link={mode === 'edit' ? link : undefined} onSaved={onSaved} />}
    </Dialog>
  )
}

function LinkForm({ link, onSaved }: { link: LinkRow | undefined; onSaved: (linkId: string) => void }) {
  const trpc = useTRPC()
  const queryClient = useQueryClient()
  const scope = useAppScope()
  const app = useApp()
  const create = useMutation(trpc.links.create.mutationOptions())
  const update = useMutation(trpc.links.update.mutationOptions())
  const submission = useSubmit(FIELDS, async (data) => {
    const fields = readForm(data)
    const saved = link
      ? await update.mutateAsync({ ...scope, linkId: link.linkId, ...fields })
      : await create.mutateAsync({ ...scope, ...fields })
    await queryClient.invalidateQueries(trpc.links.pathFilter())
    toast.done(link ? 'Link saved.' : 'Link created.')
    onSaved(saved.linkId)
  })
  const text = (
    name: (typeof FIELDS)[number],
    label: string,
    more: { hint?: string; value?: string | null; required?: boolean; placeholder?: string; first?: boolean } = {},
  ) => (
    <Field label={label} optional={!more.required} hint={more.hint} error={submission.fieldError(name)}>
      {(control) => (
        <Input
          {...control}
          name={name}
          defaultValue={more.value ?? ''}
          maxLength={2000}
          autoComplete="off"
          required={more.required}
          placeholder={more.placeholder}
          // The dialog was opened to type here; its first tab stop is the close button
          autoFocus={more.first}
        />
      )}
    </Field>
  )
  const named = !!(link?.adSet || link?.ad || link?.creative || link?.siteId)
  const subs = Object.keys(link?.subParams ?? {}).length > 0
  const store =
    app.platform === 'web'
      ? 'the web app itself'
      : app.platform === 'ios'
        ? 'the app’s App Store page'
        : 'the app’s Google Play page'
  return (
    <form {...submission.form} className="flex flex-col gap-5">
      <div className="grid gap-3 sm:grid-cols-2">
        {text('mediaSource', 'Media source', {
          value: link?.mediaSource ?? '',
          required: true,
          first: true,
          placeholder: 'newsletter',
          hint: 'The network or channel that shows the link.',
        })}
        {text('campaign', 'Campaign', { value: link?.campaign ?? '', required: true, placeholder: 'autumn_sale' })}
        {text('name', 'Name', { value: link?.name ?? '', hint: 'For this list only. Without one: source / campaign.' })}
      </div>
      <Checkbox
        name="isRetargeting"
        label="Retargeting"
        hint="For people who have the app, or had it. After a pause, their return by this link counts as a re-engagement, and a reinstall as a re-attribution."
        defaultChecked={link?.isRetargeting ?? false}
      />
      <details open={named} className="group">
        <summary className="cursor-pointer text-sm font-medium">Ad set, ad, creative and site</summary>
        <div className="mt-3 grid gap-3 sm:grid-cols-2">
          {text('adSet', 'Ad set', { value: link?.adSet ?? '' })}
          {text('ad', 'Ad', { value: link?.ad ?? '' })}
          {text('creative', 'Creative', { value: link?.creative ?? '' })}
          {text('siteId', 'Site id', { value: link?.siteId ?? '', hint: 'The publisher’s app or page.' })}
        </div>
      </details>
      <fieldset className="flex flex-col gap-3">
        <legend className="pb-2 text-sm font-medium">Where it leads</legend>
        <div className="grid gap-3 sm:grid-cols-2">
          {text('androidUrl', 'On Android', {
            value: link?.androidUrl ?? '',
            placeholder: 'https://play.google.com/…',
          })}
          {text('iosUrl', 'On iPhone and iPad', { value: link?.iosUrl ?? '', placeholder: 'https://apps.apple.com/…' })}
          {text('webUrl', 'On a computer', { value: link?.webUrl ?? '', placeholder: 'https://…' })}
          {text('deepLink', 'Deep link', {
            value: link?.deepLink ?? '',
            placeholder: 'mygame://shop',
            hint: 'Opens inside the app. The click id is added.',
          })}
        </div>
        {text('fallbackUrl', 'Everybody else', {
          value: link?.fallbackUrl ?? '',
          placeholder: 'https://…',
          hint: `Without an address people go to ${store}.`,
        })}
      </fieldset>
      <details open={subs || (link?.allowedHosts.length ?? 0) > 0}>
        <summary className="cursor-pointer text-sm font-medium">Sub parameters and allowed hosts</summary>
        <div className="mt-3 grid gap-3 sm:grid-cols-2">
          {SUB_PARAMS.map((name) => (
            <div key={name}>{text(`subParams.${name}`, name, { value: link?.subParams[name] ?? '' })}</div>
          ))}
        </div>
        <Field
          className="mt-3"
          label="Allowed hosts"
          optional
          hint="Hosts that a destination given in the address may have, one a line. Others are refused."
          error={submission.fieldError('allowedHosts')}
        >
          {(control) => (
            <Textarea
              {...control}
              name="allowedHosts"
              rows={2}
              defaultValue={link?.allowedHosts.join('\n') ?? ''}
              placeholder="shop.example.com"
            />
          )}
        </Field>
      </details>
      {submission.formError && (
        <p data-form-error tabIndex={-1} role="alert" className="text-sm text-negative">
          {submission.formError}
        </p>
      )}
      <div className="flex justify-end">
        <Button type="submit" variant="primary" pending={submission.pending} disabled={submission.loading}>
          {link ? 'Save link' : 'Create link'}
        </Button>
      </div>
    </form>
  )
}
