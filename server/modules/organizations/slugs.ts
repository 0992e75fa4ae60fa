/**
 * First parts of addresses that belong to the product: no organization may be called like one. Contains every route of
 * app/ (a test compares) and names kept for what is to come.
 */
export const RESERVED_SLUGS: ReadonlySet<string> = new Set([
  'about',
  'account',
  'admin',
  'api',
  'app',
  'apps',
  'assets',
  'auth',
  'billing',
  'blog',
  'c',
  'changelog',
  'contact',
  'dashboard',
  'demo',
  'docs',
  'favicon',
  'forgot-password',
  'healthz',
  'help',
  'home',
  'inbox',
  'invite',
  'invitations',
  'legal',
  'login',
  'logout',
  'metrics',
  'new',
  'onboarding',
  'pricing',
  'privacy',
  'public',
  'readyz',
  'reset-password',
  'robots',
  'scim',
  'sdk',
  'security',
  'settings',
  'sign-in',
  'sign-out',
  'sign-up',
  'signin',
  'signup',
  'sitemap',
  'static',
  'status',
  'stripe',
  'support',
  'system',
  'team',
  'terms',
  'trpc',
  'user',
  'users',
  'v',
  'v1',
  'verify',
  'www',
])

/** Second parts of addresses that belong to an organization's own pages: no app may be called like one. */
export const RESERVED_APP_SLUGS: ReadonlySet<string> = new Set([
  'settings',
  'new',
  'apps',
  'members',
  'billing',
  'api',
  'onboarding',
  'audit',
  'sso',
  'branding',
])

/**
 * The first free address for a name: `acme`, `acme-2`, … and, past ten, one with random letters.
 * @param slug from slugify
 * @param taken says whether somebody has it; reserved ones must answer true
 * @param random a few random letters
 */
export async function freeSlug(
  slug: string,
  taken: (candidate: string) => Promise<boolean>,
  random: () => string,
): Promise<string> {
  if (!(await taken(slug))) return slug
  for (let n = 2; n <= 10; n++) {
    const candidate = `${slug}-${n}`
    if (!(await taken(candidate))) return candidate
  }
  return `${slug}-${random().toLowerCase()}`
}
