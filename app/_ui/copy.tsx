'use client'
import { Check, Copy } from 'lucide-react'
import dynamic from 'next/dynamic'
import { useEffect, useState } from 'react'
import { Button, IconButton } from './button.tsx'
import { cx } from './cx.ts'

/** Copy buttons stand on every page, tabs on few: those load them. */
const Tabs = dynamic(() => import('./tabs.tsx').then((module) => module.Tabs))

/**
 * Copies a text and says so. With `children` it is a labelled button, without one an icon.
 * @example <CopyButton text={ingestKey} label="Copy ingest key" />
 */
export function CopyButton({
  text,
  label = 'Copy',
  children,
  className,
}: {
  text: string
  label?: string
  children?: string
  className?: string
}) {
  const [copied, setCopied] = useState(false)
  useEffect(() => {
    if (!copied) return
    const timer = setTimeout(() => setCopied(false), 1600)
    return () => clearTimeout(timer)
  }, [copied])
  const copy = () => navigator.clipboard.writeText(text).then(() => setCopied(true))
  const icon = copied ? <Check className="text-positive" /> : <Copy />
  return (
    <>
      {children ? (
        <Button onClick={copy} className={className}>
          {icon}
          {copied ? 'Copied' : children}
        </Button>
      ) : (
        <IconButton label={label} onClick={copy} className={className}>
          {icon}
        </IconButton>
      )}
      <span role="status" className="sr-only">
        {copied ? 'Copied' : ''}
      </span>
    </>
  )
}

/** One line of code-like text with a copy button: keys, links, identifiers. */
export function CopyField({ value, label, className }: { value: string; label: string; className?: string }) {
  return (
    <div
      className={cx('flex items-center gap-1 rounded-md border border-line bg-sunken py-0.5 pr-0.5 pl-2.5', className)}
    >
      <code className="min-w-0 flex-1 truncate font-mono text-sm" title={value}>
        {value}
      </code>
      <CopyButton text={value} label={label} />
    </div>
  )
}

export interface Snippet {
  /** Shown on the tab. */
  title: string
  code: string
}

function Code({ code, title, full }: Snippet & { full: boolean }) {
  return (
    <div className="relative">
      <pre
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
        tabIndex={0}
        className={cx('overflow-auto rounded-b-lg p-3 pr-12 font-mono text-xs leading-5', !full && 'max-h-96')}
      >
        <code>{code}</code>
      </pre>
      <CopyButton text={code} label={`Copy ${title}`} className="absolute top-1.5 right-1.5 bg-sunken" />
    </div>
  )
}

/**
 * Copy-paste code. Several snippets show as tabs.
 * @example <CodeBlock snippets={[{ title: 'curl', code }, { title: 'JavaScript', code: js }]} />
 */
export function CodeBlock({
  snippets,
  label = 'Code',
  full = false,
  className,
}: {
  snippets: readonly Snippet[]
  label?: string
  /** As tall as the code, where what it stands in scrolls already. */
  full?: boolean
  className?: string
}) {
  const [only] = snippets
  return (
    <div className={cx('overflow-hidden rounded-lg border border-line bg-sunken', className)}>
      {snippets.length === 1 && only ? (
        <Code {...only} full={full} />
      ) : (
        <Tabs
          label={label}
          tabs={snippets.map((snippet, place) => ({
            // Not its title: blanks have no place in the ids that are made of it.
            value: `snippet-${place}`,
            label: snippet.title,
            content: <Code {...snippet} full={full} />,
          }))}
        />
      )}
    </div>
  )
}
