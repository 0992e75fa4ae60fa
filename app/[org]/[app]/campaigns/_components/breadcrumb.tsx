import Link from 'next/link'

/** The way back up; the page's title is its last step. */
export function Breadcrumb({ items }: { items: readonly { label: string; href: string }[] }) {
  return (
    <nav aria-label="Breadcrumb" className="mb-1 text-sm text-muted">
      <ol className="flex flex-wrap items-center gap-1.5">
        {items.map((item) => (
          <li key={item.href} className="flex items-center gap-1.5">
            <Link href={item.href} className="max-w-48 truncate hover:text-ink hover:underline">
              {item.label}
            </Link>
            <span aria-hidden className="text-faint">
              /
            </span>
          </li>
        ))}
      </ol>
    </nav>
  )
}
