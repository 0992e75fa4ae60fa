/** What the landing page says. Only what the product does today; what it does not do yet is in NOT_YET. */

export const STEPS = [
  {
    title: 'A tracking link is clicked',
    text: 'The click is written to disk and the phone is sent on: to Google Play with the click id in the install referrer, to the App Store, to a deep link or to a web page.',
  },
  {
    title: 'The app reports the install',
    text: 'One HTTP request from the device or from your server. The answer is 202 after the bytes are on disk, not before.',
  },
  {
    title: 'Events are loaded',
    text: 'A loader moves the log into ClickHouse. An event that was sent twice counts once, also after a crash.',
  },
  {
    title: 'The install is decided',
    text: 'Every click and view that could have earned it is compared by fixed rules. What arrives late is decided again.',
  },
  {
    title: 'You see what it brought in',
    text: 'Installs, sessions and revenue by media source and campaign, in your currency and your time zone.',
  },
] as const

export const FACTS = [
  {
    title: '202 means durable',
    text: 'The collector answers after fsync. What it refuses is kept with the reason and the field, and the good events of the same batch are accepted.',
    href: '/docs#answers',
  },
  {
    title: 'Unknown is never zero',
    text: 'Revenue in a currency without a rate shows as missing, together with the rate to import. A cost that nobody imported is not a cost of 0.',
    href: '/docs#reports',
  },
  {
    title: 'Decisions are kept',
    text: 'Each names its rules, its settings version and its candidates. Deciding again adds a decision and leaves the earlier one to read.',
    href: '/docs#decision',
  },
  {
    title: 'Two walls between organizations',
    text: 'Row-level security in Postgres under a role that cannot bypass it, and one query builder that puts the organization into every ClickHouse query.',
    href: '/docs#tenancy',
  },
  {
    title: 'Traffic with the truth beside it',
    text: 'The simulator writes clicks, installs and purchases from a seed, and a file that says what really caused each install, so that you can check our decisions.',
    href: '/docs#simulator',
  },
  {
    title: 'Yours to run and to read',
    text: 'MIT license, one command, no account. Postgres, ClickHouse and a mail inbox come inside npm packages; a URL replaces each by your own.',
    href: '/docs#run',
  },
] as const

export const NOT_YET = [
  { title: 'Fraud detection', text: 'The simulator makes fraud, but no rule looks for it yet.' },
  { title: 'SKAdNetwork and AdAttributionKit', text: 'Apple’s postbacks are not received yet.' },
  { title: 'Postbacks to ad networks', text: 'Networks are not told what was decided, nor of events, yet.' },
  { title: 'Native SDKs', text: 'There is a library for web pages and React Native, none in Swift or Kotlin yet.' },
  { title: 'Single sign-on', text: 'Sign-in is by e-mail and password.' },
  { title: 'Billing', text: 'No paid plan can be bought yet.' },
  { title: 'Product analytics, push, ad monetization', text: 'Planned; nothing of them is built.' },
] as const
