'use client'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useConsole } from '#app/_lib/console.tsx'
import { useTRPC } from '#app/_lib/trpc/client.ts'
import { Button } from '#app/_ui/button.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'
import { Field } from '#app/_ui/field.tsx'
import { Input, Textarea } from '#app/_ui/input.tsx'
import { describeError } from '#app/_ui/states.tsx'

/** Takes a CSV file or pasted lines; good lines are kept, refused ones are named with their reason. */
export function ImportRatesDialog({ onClose, onImported }: { onClose: () => void; onImported: () => void }) {
  const { org } = useConsole()
  const trpc = useTRPC()
  const [csv, setCsv] = useState('')
  const load = useMutation(trpc.rates.import.mutationOptions({ onSuccess: onImported }))
  const example = `base,quote,day,rate\n${org.reportingCurrency === 'EUR' ? 'USD' : 'EUR'},${org.reportingCurrency},2026-11-20,1.0837`
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="Import exchange rates"
      description="One line says what one unit of base costs in quote on that day. A rate of the same pair and day is replaced."
      footer={
        <>
          <Button onClick={onClose}>{load.data ? 'Done' : 'Cancel'}</Button>
          <Button
            variant="primary"
            disabled={csv.trim() === ''}
            pending={load.isPending}
            onClick={() => load.mutate({ org: org.slug, csv })}
          >
            Import rates
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-4">
        <Field label="CSV file">
          {(control) => (
            <Input
              {...control}
              type="file"
              accept=".csv,text/csv,text/plain"
              className="py-1"
              onChange={async (event) => {
                const file = event.target.files?.[0]
                if (file) setCsv(await file.text())
              }}
            />
          )}
        </Field>
        <Field
          label="Or paste lines"
          hint="With the head row base,quote,day,rate."
          error={load.isError ? describeError(load.error).message : null}
        >
          {(control) => (
            <Textarea
              {...control}
              value={csv}
              onChange={(event) => setCsv(event.target.value)}
              placeholder={example}
              rows={8}
              spellCheck={false}
              className="font-mono text-xs"
            />
          )}
        </Field>
        {load.data && (
          <div role="status" className="text-sm">
            <p>
              {load.data.accepted} {load.data.accepted === 1 ? 'rate' : 'rates'} imported
              {load.data.rejected.length > 0 && `, ${load.data.rejected.length} refused`}.
            </p>
            <ul className="mt-1 flex flex-col gap-0.5 text-negative">
              {load.data.rejected.slice(0, 20).map((line) => (
                <li key={`${line.line} ${line.field}`}>
                  Line {line.line}
                  {line.field ? `, ${line.field}` : ''}: {line.message}
                </li>
              ))}
            </ul>
          </div>
        )}
      </div>
    </Dialog>
  )
}
