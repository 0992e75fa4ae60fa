/** The page's sections in reading order; each id is an anchor. */
export const DOC_SECTIONS = [
  {
    title: 'Start',
    items: [
      { id: 'run', title: 'Run it' },
      { id: 'first-app', title: 'Sign up and add an app' },
      { id: 'links', title: 'Tracking links' },
      { id: 'send', title: 'Send an install and a purchase' },
      { id: 'sdk', title: 'SDK for web and React Native' },
    ],
  },
  {
    title: 'Collector',
    items: [
      { id: 'event-fields', title: 'Event fields' },
      { id: 'answers', title: 'Answers and refusals' },
      { id: 'touchpoints', title: 'Touchpoints from servers' },
      { id: 'doors', title: 'From Segment, AppsFlyer, Adjust' },
    ],
  },
  {
    title: 'Attribution',
    items: [
      { id: 'attribution', title: 'Which touchpoint wins' },
      { id: 'decision', title: 'Read a decision' },
      { id: 'what-if', title: 'What if the windows were others' },
      { id: 'multi-touch', title: 'Multi-touch models' },
      { id: 'reports', title: 'Reports over REST' },
      { id: 'exports', title: 'Raw data' },
      { id: 'rates', title: 'Exchange rates and costs' },
    ],
  },
  {
    title: 'Operate',
    items: [
      { id: 'simulator', title: 'Simulator' },
      { id: 'roles', title: 'Roles and health' },
      { id: 'environment', title: 'Environment' },
      { id: 'tenancy', title: 'Organizations apart' },
      { id: 'license', title: 'License' },
    ],
  },
] as const

function Items() {
  return (
    <div className="flex flex-col gap-5">
      {DOC_SECTIONS.map(({ title, items }) => (
        <div key={title}>
          <p className="text-sm font-semibold">{title}</p>
          <ul className="mt-1 border-l border-line">
            {items.map((item) => (
              <li key={item.id}>
                <a
                  href={`/docs#${item.id}`}
                  className="-ml-px block border-l border-transparent py-1 pl-3 text-sm text-muted hover:border-ink hover:text-ink"
                >
                  {item.title}
                </a>
              </li>
            ))}
          </ul>
        </div>
      ))}
      <a href="/docs/measurements" className="py-1 text-sm font-semibold underline-offset-4 hover:underline">
        Measurements
      </a>
    </div>
  )
}

/** The documentation's navigation: beside the text where there is room, folded above it where there is not. */
export function DocNav() {
  return (
    <>
      <nav
        aria-label="Documentation"
        className="sticky top-20 hidden max-h-[calc(100dvh-6rem)] overflow-y-auto pb-6 lg:block"
      >
        <Items />
      </nav>
      <details className="rounded-lg border border-line bg-surface lg:hidden">
        <summary className="cursor-pointer px-4 py-3 text-[15px] font-medium">On this page</summary>
        <nav aria-label="Documentation" className="px-4 pb-4">
          <Items />
        </nav>
      </details>
    </>
  )
}
