import { LogoMark } from '#app/_ui/logo.tsx'
import { ThemeChoice } from './theme-choice.tsx'

const COLUMNS = [
  {
    title: 'Product',
    links: [
      { href: '/pricing', label: 'Pricing' },
      { href: '/#not-yet', label: 'What it does not do yet' },
      { href: '/docs/measurements', label: 'Measurements' },
    ],
  },
  {
    title: 'Docs',
    links: [
      { href: '/docs', label: 'Quickstart' },
      { href: '/docs#event-fields', label: 'Event fields' },
      { href: '/docs#attribution', label: 'Which touchpoint wins' },
      { href: '/docs#reports', label: 'Reports over REST' },
    ],
  },
  {
    title: 'Source',
    links: [
      { href: '/docs#run', label: 'Self-host' },
      { href: '/docs#environment', label: 'Environment' },
      { href: '/docs#license', label: 'License (MIT)' },
    ],
  },
] as const

/** The public pages' footer: where things are, the licence and the theme. */
export function Footer() {
  return (
    <footer className="border-t border-line">
      <div className="mx-auto grid max-w-6xl gap-8 px-4 py-10 sm:grid-cols-4 sm:px-6">
        <div className="flex flex-col items-start gap-4">
          <div className="flex items-center gap-2 text-muted">
            <LogoMark className="size-5" />
            <span className="text-sm">Open source under the MIT license</span>
          </div>
          <ThemeChoice />
        </div>
        {COLUMNS.map(({ title, links }) => (
          <nav key={title} aria-label={title}>
            <h2 className="text-sm font-semibold">{title}</h2>
            <ul className="mt-2 flex flex-col gap-1">
              {links.map(({ href, label }) => (
                <li key={href}>
                  <a
                    href={href}
                    className="inline-block py-1 text-sm text-muted underline-offset-2 hover:text-ink hover:underline"
                  >
                    {label}
                  </a>
                </li>
              ))}
            </ul>
          </nav>
        ))}
      </div>
    </footer>
  )
}
