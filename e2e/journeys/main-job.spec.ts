import { execFileSync } from 'node:child_process'
import { expect, test } from '@playwright/test'
import { demo, expectAccessible, mailTo } from '../fixtures/demo.ts'

/** Runs a snippet in a shell, as somebody who pasted it. */
function paste(snippet: string): string {
  return execFileSync('bash', ['-c', snippet], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
}

const PASSWORD = 'quiet lantern seventeen orchids'

test('a newcomer signs up, creates a link, clicks it, sends an install and a purchase with curl, and sees both attributed', async ({
  page,
  browser,
}) => {
  const started = Date.now()
  const { web, inbox } = demo()
  const email = `marketer-${Date.now()}@studio.example`

  await test.step('signs up with e-mail and password, from the landing page', async () => {
    await page.goto(web)
    await expectAccessible(page, 'landing')
    await page
      .getByRole('link', { name: /sign up|create an account|get started|start/i })
      .first()
      .click()
    await page.waitForURL('**/sign-up')
    await expectAccessible(page, 'sign-up')
    await page.getByLabel('E-mail').fill(email)
    await page.getByLabel('Password', { exact: true }).fill('password123')
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('alert').or(page.locator('[aria-invalid=true]')).first()).toBeVisible()
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD)
    await page.getByRole('button', { name: 'Create account' }).click()
    await expect(page.getByRole('heading', { name: 'Check your mail' })).toBeVisible()
    await expectAccessible(page, 'check your mail')
  })

  await test.step('continues with the mailed link', async () => {
    const mail = await mailTo(email)
    const link = mail.links.find((one) => one.includes('/sign-up/confirm'))
    expect(link, mail.text).toBeDefined()
    await page.goto(link ?? '')
    await expectAccessible(page, 'confirm')
    await page.getByRole('button', { name: 'Confirm and continue' }).click()
    await page.waitForURL('**/onboarding')
  })

  await test.step('names the organization and the first app', async () => {
    await expectAccessible(page, 'onboarding: organization')
    await page.getByLabel('Name').fill('Lantern Studio')
    await page.getByRole('button', { name: 'Create organization' }).click()
    await expect(page.getByRole('heading', { name: 'Add your first app' })).toBeVisible()
    await expectAccessible(page, 'onboarding: app')
    await page.getByLabel('Name', { exact: true }).fill('Lantern Quest')
    await page.getByLabel('Package name').fill('com.example.lanternquest')
    await page.getByRole('button', { name: 'Create app' }).click()
  })

  let org = ''
  let app = ''
  await test.step('pastes the curl snippet and sees the waiting line turn into the event', async () => {
    await expect(page.getByText('Waiting for your first event')).toBeVisible()
    await expectAccessible(page, 'onboarding: first event')
    const query = new URL(page.url()).searchParams
    org = query.get('org') ?? ''
    app = query.get('app') ?? ''
    const snippet = (await page.locator('pre').first().textContent()) ?? ''
    expect(JSON.parse(paste(snippet.replace('curl ', 'curl -sS ')))).toMatchObject({ rejected: [] })
    await expect(page.getByText('Your first event is here')).toBeVisible()
    await page.getByRole('link', { name: 'Open the console' }).click()
    await page.waitForURL(`**/${org}/${app}`)
    // Under five minutes for a newcomer: a script is faster, so what is held here is that nothing makes one wait.
    console.log(`sign-up to console: ${((Date.now() - started) / 1000).toFixed(1)} s`)
    expect(Date.now() - started).toBeLessThan(5 * 60_000)
  })

  let clickUrl = ''
  await test.step('creates a tracking link', async () => {
    await page.getByRole('link', { name: 'Links' }).first().click()
    await page.waitForURL('**/links')
    await page.getByRole('button', { name: 'Create link' }).first().click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Media source').fill('newsletter')
    await dialog.getByLabel('Campaign').fill('autumn_launch')
    await dialog.getByLabel('Everybody else').fill(`${inbox}/`)
    await expectAccessible(page, 'create link')
    await dialog.getByRole('button', { name: 'Create link' }).click()
    const address = page
      .getByRole('dialog')
      .getByText(/\/c\/[0-9A-Za-z]+$/)
      .first()
    clickUrl = ((await address.textContent()) ?? '').trim()
    expect(clickUrl).toMatch(/^http.*\/c\/\w+$/)
    await expect(page.getByRole('img', { name: /QR code/ })).toBeVisible()
    await expectAccessible(page, 'link')
  })

  let clickId = ''
  await test.step('clicks the link in a browser and lands where it leads', async () => {
    const visitor = await browser.newPage()
    await visitor.goto(clickUrl)
    clickId = new URL(visitor.url()).searchParams.get('click_id') ?? ''
    expect(visitor.url().startsWith(inbox)).toBe(true)
    expect(clickId).toMatch(/^clk_/)
    await visitor.close()
  })

  const deviceId = `device-${Date.now()}`
  await test.step('sends an install and a purchase with the curl snippet of the settings page', async () => {
    await page.goto(`${web}/${org}/${app}/settings`)
    await expect(page.locator('pre').first()).toContainText('Bearer ik_')
    const install = (await page.locator('pre').first().textContent()) ?? ''
    const commands = install.replaceAll('CLICK_ID_FROM_THE_LINK', clickId).replaceAll('my-first-device', deviceId)
    expect(commands).toContain(clickId)
    expect(commands).toContain('purchase')
    const answers = paste(commands)
    expect(answers.match(/"accepted":\s*\d/g)?.length).toBeGreaterThanOrEqual(1)
    expect(answers).not.toContain('"error"')
    await expectAccessible(page, 'app settings')
  })

  await test.step('sees the install and the purchase attributed on the overview', async () => {
    await page.goto(`${web}/${org}/${app}`)
    const row = page.getByRole('row').filter({ hasText: 'newsletter' })
    await expect(async () => {
      await page.reload()
      await expect(row.first()).toBeVisible({ timeout: 15_000 })
      await expect(row.first()).toContainText('4.99', { timeout: 5_000 })
    }).toPass({ timeout: 120_000 })
    await expectAccessible(page, 'overview')
  })

  await test.step('opens the decision and reads why', async () => {
    await page.goto(`${web}/${org}/${app}/installs/${deviceId}`)
    await expect(page.getByText('newsletter').first()).toBeVisible()
    await expect(page.getByText(clickId).filter({ visible: true }).first()).toBeVisible()
    await expectAccessible(page, 'decision')
  })

  await test.step('a second tenant sees none of it', async () => {
    const [other] = demo().signIns
    const context = await browser.newContext()
    const second = await context.newPage()
    await second.goto(`${web}/sign-in`)
    await second.getByLabel('E-mail').fill(other?.email ?? '')
    await second.getByLabel('Password', { exact: true }).fill(other?.password ?? '')
    await second.getByRole('button', { name: 'Sign in' }).click()
    await second.waitForURL((url) => !url.pathname.startsWith('/sign-in'))
    for (const path of [`/${org}`, `/${org}/${app}`, `/${org}/${app}/installs/${deviceId}`, `/${org}/settings`]) {
      const response = await second.goto(`${web}${path}`)
      expect(response?.status(), path).toBe(404)
      await expect(second.getByText('Lantern')).toHaveCount(0)
    }
    const own = demo().apps[0]
    await second.goto(`${web}/${own?.org}/${own?.slug}/installs/${deviceId}`)
    await expect(second.getByText('newsletter')).toHaveCount(0)
    await context.close()
  })
})
