import { Logo } from './logo.tsx'

const link = 'rounded-md px-2.5 py-1.5 text-[14px] text-muted hover:bg-hover hover:text-ink'

/** The public pages' header: home, docs, pricing, sign in and sign up. */
export function Header() {
  return (
    <header className="sticky top-0 z-20 border-b border-line bg-canvas/95 backdrop-blur">
      <div className="mx-auto flex h-14 max-w-6xl items-center gap-1 px-4 sm:px-6">
        <a href="/" className="mr-2 rounded-md sm:mr-6" aria-label="UnMoGrowP, home">
          <Logo />
        </a>
        <nav aria-label="Main" className="flex min-w-0 flex-1 items-center gap-0.5">
          <a href="/docs" className={link}>
            Docs
          </a>
          <a href="/pricing" className={link}>
            Pricing
          </a>
          <a href="/sign-in" className={`${link} ml-auto whitespace-nowrap`}>
            Sign in
          </a>
          <a href="/sign-up" className="ui-button ui-button-primary ml-1">
            Sign up
          </a>
        </nav>
      </div>
    </header>
  )
}
