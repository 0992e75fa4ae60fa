import { CheckIcon, CopyIcon } from './icons.tsx'

/** A copy button as markup; enhance.tsx does the copying. */
function CopyButton({ text, label, className }: { text: string; label: string; className: string }) {
  return (
    <button
      type="button"
      data-copy={text}
      aria-label={label}
      title={label}
      className={`group inline-flex size-8 items-center justify-center rounded-md text-muted hover:bg-hover hover:text-ink max-sm:size-10 ${className}`}
    >
      <CopyIcon className="size-4 group-data-copied:hidden" />
      <CheckIcon className="hidden size-4 text-positive group-data-copied:block" />
    </button>
  )
}

/** One command with a copy button. */
export function Command({ code }: { code: string }) {
  return (
    <div className="flex h-10 w-72 max-w-full items-center gap-1 rounded-md border border-line bg-sunken pr-0.5 pl-3 max-sm:h-11">
      <code className="min-w-0 flex-1 truncate font-mono text-sm">{code}</code>
      <CopyButton text={code} label="Copy the command" className="shrink-0" />
    </div>
  )
}

/** A piece of code: what it is, and the text to copy. */
export interface Snippet {
  title: string
  code: string
}

/** Code with a title and a copy button; several stand one below the other, so that all can be read and found. */
export function Code({ snippets }: { snippets: readonly Snippet[] }) {
  return (
    <div className="flex min-w-0 flex-col gap-3">
      {snippets.map(({ title, code }) => (
        <figure key={title} className="overflow-hidden rounded-lg border border-line bg-sunken">
          <figcaption className="flex h-9 items-center justify-between border-b border-line pr-1 pl-3 text-sm text-muted max-sm:h-11">
            {title}
            <CopyButton text={code} label={`Copy: ${title}`} className="" />
          </figcaption>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard */}
          <pre tabIndex={0} className="max-h-[28rem] overflow-auto p-3 font-mono text-[13px] leading-5">
            <code>{code}</code>
          </pre>
        </figure>
      ))}
    </div>
  )
}
