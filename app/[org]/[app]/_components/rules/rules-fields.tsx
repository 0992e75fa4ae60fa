'use client'
import type { ReactNode } from 'react'
import { MODEL_WORDS } from '#app/_lib/attribution/settings-words.ts'
import { GLOSSARY, type GlossaryTerm } from '#app/_lib/glossary.ts'
import { Field } from '#app/_ui/field.tsx'
import { Checkbox, Input, Select } from '#app/_ui/input.tsx'
import { Definition } from '#app/_ui/popover.tsx'
import type { AppWindow, RulesDraft } from './draft.ts'
import { OrderList } from './order-list.tsx'
import { SourceRules } from './source-rules.tsx'

/** How each window is shown: unit, range and what the range means. */
const WINDOWS: Readonly<
  Record<
    AppWindow,
    { title: string; unit: 'days' | 'hours'; min: number; max: number; hint: string; term: GlossaryTerm }
  >
> = {
  clickLookbackMs: { title: 'Clicks', unit: 'days', min: 1, max: 30, hint: '1 to 30', term: 'click_window' },
  viewLookbackMs: { title: 'Views', unit: 'hours', min: 1, max: 72, hint: '1 to 72', term: 'view_window' },
  probabilisticWindowMs: {
    title: 'Probabilistic window',
    unit: 'hours',
    min: 1,
    max: 24,
    hint: '1 to 24. At most: an older match is seldom likely enough to win.',
    term: 'probabilistic_window',
  },
  reinstallWindowMs: {
    title: 'Reinstalls',
    unit: 'days',
    min: 0,
    max: 730,
    hint: '0 to 730; 0: every install counts as one',
    term: 'reinstall_window',
  },
  inactivityWindowMs: {
    title: 'Inactive for',
    unit: 'days',
    min: 0,
    max: 90,
    hint: '1 to 90; 0: no re-engagements, and re-attributions without a pause',
    term: 'inactivity_window',
  },
  reengagementLookbackMs: {
    title: 'By a click within',
    unit: 'days',
    min: 1,
    max: 30,
    hint: '1 to 30',
    term: 'reengagement_lookback',
  },
}

/**
 * The fields of attribution rules, for the settings and for what-if replays. The caller keeps the draft and sends
 * `rulesOf(draft)`; names of the inputs are the server's names of the fields.
 * @param error the message of a field, by its name
 */
export function RulesFields({
  draft,
  onChange,
  disabled = false,
  error,
}: {
  draft: RulesDraft
  onChange: (next: RulesDraft) => void
  disabled?: boolean
  error: (field: string) => string | undefined
}) {
  const window = (name: AppWindow) => {
    const { title, unit, min, max, hint, term } = WINDOWS[name]
    return (
      <Field
        label={`${title}, ${unit}`}
        hint={
          <>
            {hint}. <Definition term={GLOSSARY[term]} />
          </>
        }
        error={error(name)}
      >
        {(control) => (
          <Input
            {...control}
            name={name}
            type="number"
            inputMode="decimal"
            step="any"
            min={min}
            max={max}
            value={draft.windows[name]}
            onChange={(event) => onChange({ ...draft, windows: { ...draft.windows, [name]: event.target.value } })}
            required
            disabled={disabled}
          />
        )}
      </Field>
    )
  }
  return (
    <div className="flex flex-col gap-6">
      <Group title="How long a touchpoint counts" text="Before the install, where an identifier ties the two.">
        <div className="grid gap-4 sm:grid-cols-3">
          {window('clickLookbackMs')}
          {window('viewLookbackMs')}
          {window('reinstallWindowMs')}
        </div>
      </Group>
      <Group
        title="Probabilistic matching"
        text="By network address and device, where no identifier is there. Never where the install’s consent forbids it."
      >
        <Checkbox
          name="probabilisticEnabled"
          label="Match by likelihood"
          hint="Off: an install without an identifier of a touchpoint is organic."
          checked={draft.probabilisticEnabled}
          onChange={(event) => onChange({ ...draft, probabilisticEnabled: event.target.checked })}
          disabled={disabled}
        />
        <div className="grid gap-4 sm:grid-cols-3">{window('probabilisticWindowMs')}</div>
      </Group>
      <Group
        title="Re-engagement"
        text="When the return of a device to the installed app counts for the click behind it. The first window holds for re-attributions, too: reinstalls that retargeting won."
      >
        <div className="grid gap-4 sm:grid-cols-3">
          {window('inactivityWindowMs')}
          {window('reengagementLookbackMs')}
        </div>
      </Group>
      <Group
        title="Order of deciding"
        text="Touchpoints that could all have earned an install are compared in this order; the first difference decides."
      >
        <OrderList
          steps={draft.priorities}
          onChange={(priorities) => onChange({ ...draft, priorities })}
          disabled={disabled}
        />
        {error('priorities') && (
          <p role="alert" className="text-xs text-negative">
            {error('priorities')}
          </p>
        )}
        <div className="grid gap-4 sm:grid-cols-3">
          <Field
            label="In time"
            className="sm:col-span-2"
            hint={<Definition term={GLOSSARY.model} />}
            error={error('model')}
          >
            {(control) => (
              <Select
                {...control}
                name="model"
                value={draft.model}
                onChange={(event) =>
                  onChange({ ...draft, model: event.target.value === 'first_touch' ? 'first_touch' : 'last_touch' })
                }
                disabled={disabled}
              >
                <option value="last_touch">{MODEL_WORDS.last_touch}: the most recent wins</option>
                <option value="first_touch">{MODEL_WORDS.first_touch}: the earliest wins</option>
              </Select>
            )}
          </Field>
        </div>
      </Group>
      <Group title="Single media sources" text="Where a network’s contract differs. An empty window follows the app’s.">
        <SourceRules
          sources={draft.sources}
          onChange={(sources) => onChange({ ...draft, sources })}
          disabled={disabled}
          error={error}
        />
      </Group>
    </div>
  )
}

function Group({ title, text, children }: { title: string; text: string; children: ReactNode }) {
  return (
    <fieldset className="flex min-w-0 flex-col gap-3">
      <legend className="text-sm font-semibold">{title}</legend>
      <p className="max-w-prose text-sm text-muted">{text}</p>
      {children}
    </fieldset>
  )
}
