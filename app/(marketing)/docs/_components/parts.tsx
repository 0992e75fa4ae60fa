import type { ReactNode } from 'react'

/**
 * A section of the documentation, with a heading that is its own link.
 * @param id anchor; the navigation lists it
 */
export function DocSection({ id, title, children }: { id: string; title: string; children: ReactNode }) {
  return (
    <section id={id} aria-labelledby={`${id}-title`} className="scroll-mt-20 border-t border-line pt-8 first:border-0">
      <h2 id={`${id}-title`} className="group text-[22px] leading-7 font-semibold tracking-tight">
        <a href={`#${id}`} className="underline-offset-4 hover:underline">
          {title}
        </a>
      </h2>
      <div className="mt-3 flex flex-col gap-4 text-[15px] leading-6 text-ink">{children}</div>
    </section>
  )
}

/** A smaller heading inside a section. */
export function DocHeading({ id, children }: { id?: string; children: ReactNode }) {
  return (
    <h3 id={id} className="mt-2 scroll-mt-20 text-[16px] font-semibold">
      {children}
    </h3>
  )
}

/** Code inside a sentence. */
export function C({ children }: { children: ReactNode }) {
  return <code className="rounded bg-hover px-1 py-0.5 font-mono text-[13px] break-words">{children}</code>
}

/**
 * A reference table: the first column names, the others tell. Scrolls sideways on narrow screens.
 * @param caption what the table lists, for screen readers
 */
export function DocTable({
  caption,
  head,
  rows,
}: {
  caption: string
  head: readonly string[]
  rows: readonly { key: string; cells: readonly ReactNode[] }[]
}) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling area must be reachable by keyboard
    <div className="overflow-x-auto rounded-lg border border-line" tabIndex={0}>
      <table className="w-full min-w-[34rem] border-collapse bg-surface text-base">
        <caption className="sr-only">{caption}</caption>
        <thead>
          <tr className="bg-sunken text-left text-sm text-muted">
            {head.map((title) => (
              <th key={title} scope="col" className="px-3 py-2 font-medium">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, cells: [name, ...rest] }) => (
            <tr key={key} className="border-t border-line align-top">
              <th scope="row" className="px-3 py-2 text-left font-normal">
                {name}
              </th>
              {rest.map((value, index) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: columns never move
                <td key={index} className="px-3 py-2 text-muted">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
