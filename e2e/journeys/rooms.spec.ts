import { expect, test } from '@playwright/test'
import { complaints, demo, expectAccessible, fitsThePhone, signIn } from '../fixtures/demo.ts'

const [owner] = demo().signIns
const [app] = demo().apps
const base = `/${app?.org}/${app?.slug}`

/** Every room of the console and what must stand in it on the demo's data. */
const ROOMS: { path: string; shows: string | RegExp }[] = [
  { path: base, shows: 'Installs by media source' },
  { path: `${base}?metric=revenue`, shows: 'Media sources' },
  { path: `${base}/campaigns`, shows: 'google_ads' },
  { path: `${base}/installs`, shows: 'uac_tier1_installs' },
  { path: `${base}/live`, shows: 'Listening' },
  { path: `${base}/ingestion`, shows: /Rejected events/ },
  { path: `${base}/imports`, shows: 'Nothing was imported yet' },
  { path: `${base}/links`, shows: 'uac_tier1_installs' },
  { path: `${base}/multi-touch`, shows: 'Models side by side' },
  { path: `${base}/what-if`, shows: 'No what-ifs yet' },
  { path: `${base}/settings`, shows: 'How long a touchpoint counts' },
  { path: `/${app?.org}/settings`, shows: 'Reporting currency' },
  { path: `/${app?.org}/settings/rates`, shows: 'EUR' },
  { path: `/${app?.org}/settings/keys`, shows: 'Demo traffic' },
  { path: `/${app?.org}/settings/members`, shows: 'owner@demo.localhost' },
]
const PUBLIC = [
  '/',
  '/pricing',
  '/docs',
  '/sign-in',
  '/sign-up',
  '/forgot-password',
  '/sign-up/check-your-mail',
  '/no-such-page',
]

test('every public page is accessible in both themes, fits a phone and keeps to the content security policy', async ({
  page,
}) => {
  const found = complaints(page)
  for (const path of PUBLIC) {
    await page.goto(`${demo().web}${path}`)
    await expectAccessible(page, path)
    await fitsThePhone(page, path)
  }
  expect(found).toEqual([])
})

test('every room shows the demo, is accessible in both themes, fits a phone and keeps to the content security policy', async ({
  page,
}) => {
  const found = complaints(page)
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  for (const { path, shows } of ROOMS) {
    const response = await page.goto(`${demo().web}${path}`)
    expect(response?.status(), path).toBe(200)
    await expect(page.getByText(shows).first(), path).toBeVisible()
    await expectAccessible(page, path)
    await fitsThePhone(page, path)
  }
  expect(found).toEqual([])
})

test('a chart and its table say the same, and the address carries what is shown', async ({ page }) => {
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  await page.goto(`${demo().web}${base}/campaigns`)
  await page.getByRole('row').filter({ hasText: 'google_ads' }).first().getByRole('link').first().click()
  await expect(page.getByRole('row').filter({ hasText: 'uac_tier1_installs' }).first()).toBeVisible()
  const shared = page.url()
  expect(shared).toContain('google_ads')
  await page.goto('about:blank')
  await page.goto(shared)
  await expect(page.getByRole('row').filter({ hasText: 'uac_tier1_installs' }).first()).toBeVisible()
})

test('keyboard alone opens the palette and reaches a room', async ({ page }) => {
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  await page.goto(`${demo().web}${base}`)
  await expect(page.getByText('Installs by media source').first()).toBeVisible()
  await page.keyboard.press('ControlOrMeta+k')
  await expect(page.getByRole('dialog')).toBeVisible()
  await page.keyboard.type('rejected')
  await page.keyboard.press('Enter')
  await page.waitForURL('**/ingestion')
})

test('signing out ends the session in every tab', async ({ page, context }) => {
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  await page.goto(`${demo().web}${base}`)
  const second = await context.newPage()
  await second.goto(`${demo().web}${base}`)
  await page
    .getByRole('button', { name: new RegExp(owner?.email ?? '') })
    .first()
    .click()
  await page.getByRole('menuitem', { name: /sign out/i }).click()
  await page.waitForURL((url) => url.pathname.startsWith('/sign-in') || url.pathname === '/')
  await second.reload()
  await second.waitForURL('**/sign-in**')
})
