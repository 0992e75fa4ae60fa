'use client'
import { Plus, X } from 'lucide-react'
import { Button, IconButton } from '#app/_ui/button.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input } from '#app/_ui/input.tsx'
import { addSource, type SourceDraft, type SourceWindow, sourceField, sourceName } from './draft.ts'

const WINDOWS: readonly { name: SourceWindow; label: string }[] = [
  { name: 'clickLookbackMs', label: 'Clicks, days' },
  { name: 'viewLookbackMs', label: 'Views, hours' },
  { name: 'probabilisticWindowMs', label: 'Probabilistic, hours' },
]

/** Rules of single media sources: windows of their own, and what never counts for them. */
export function SourceRules({
  sources,
  onChange,
  disabled,
  error,
}: {
  sources: readonly SourceDraft[]
  onChange: (next: SourceDraft[]) => void
  disabled: boolean
  error: (field: string) => string | undefined
}) {
  const change = (id: number, more: Partial<SourceDraft>) =>
    onChange(sources.map((one) => (one.id === id ? { ...one, ...more } : one)))
  return (
    <div className="flex flex-col gap-3">
      {sources.length === 0 && disabled && <p className="text-sm text-muted">Every media source follows the app.</p>}
      {sources.map((one) => {
        const called = one.name.trim() || 'the media source'
        return (
          <fieldset key={one.id} className="relative min-w-0 rounded-lg border border-line p-3">
            <legend className="sr-only">{`Rules of ${called}`}</legend>
            <div className="grid gap-3 pr-10 sm:grid-cols-[minmax(0,2fr)_repeat(3,minmax(0,1fr))]">
              <Field label="Media source" error={error(sourceName(one))}>
                {(control) => (
                  <Input
                    {...control}
                    name={sourceName(one)}
                    value={one.name}
                    onChange={(event) => change(one.id, { name: event.target.value })}
                    maxLength={100}
                    autoComplete="off"
                    disabled={disabled}
                  />
                )}
              </Field>
              {WINDOWS.map(({ name, label }) => (
                <Field key={name} label={label} error={error(sourceField(one.name, name))}>
                  {(control) => (
                    <Input
                      {...control}
                      name={sourceField(one.name, name)}
                      type="number"
                      inputMode="decimal"
                      step="any"
                      placeholder="the app’s"
                      value={one.windows[name]}
                      onChange={(event) => change(one.id, { windows: { ...one.windows, [name]: event.target.value } })}
                      disabled={disabled}
                    />
                  )}
                </Field>
              ))}
            </div>
            <div className="mt-2 flex flex-wrap gap-x-6 gap-y-1">
              <Checkbox
                label="Views count"
                checked={one.views}
                onChange={(event) => change(one.id, { views: event.target.checked })}
                disabled={disabled}
              />
              <Checkbox
                label="Probabilistic matches count"
                checked={one.probabilistic}
                onChange={(event) => change(one.id, { probabilistic: event.target.checked })}
                disabled={disabled}
              />
            </div>
            {!disabled && (
              <IconButton
                label={`Remove the rules of ${called}`}
                className="absolute top-2 right-2"
                onClick={() => onChange(sources.filter(({ id }) => id !== one.id))}
              >
                <X />
              </IconButton>
            )}
          </fieldset>
        )
      })}
      {!disabled && (
        <div>
          <Button size="sm" onClick={() => onChange(addSource(sources))}>
            <Plus aria-hidden />
            Add a media source
          </Button>
        </div>
      )}
      {error('perMediaSource') && (
        <p role="alert" className="text-xs text-negative">
          {error('perMediaSource')}
        </p>
      )}
    </div>
  )
}
