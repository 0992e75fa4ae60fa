import { readFile } from 'node:fs/promises'
import { expect, type Page, test } from '@playwright/test'
import { decided, decisionOf, fill, installOf, sendTouchpoints, touchOf } from '../fixtures/attributed.ts'
import { complaints, demo, expectAccessible, fitsThePhone, signIn } from '../fixtures/demo.ts'
import { addApp } from '../fixtures/own-app.ts'

const [owner] = demo().signIns
const DAY = 86_400_000
const MODELS = 'first_touch last_touch linear time_decay position_based markov markov_with_nulls shapley'.split(' ')
const day = (ms: number) => new Date(ms).toISOString().slice(0, 10)

async function looksRight(page: Page, name: string): Promise<void> {
  await expectAccessible(page, name)
  await fitsThePhone(page, name)
}

/** The cells of a row of a table, by its first cell. */
const cells = (page: Page, table: string, row: string) =>
  page.getByRole('table', { name: table }).getByRole('row').filter({ hasText: row }).first().getByRole('cell')

test('somebody reads why an install went where it went, tries a click window of one day, adopts it from a date on, and compares all models', async ({
  page,
}) => {
  const found = complaints(page)
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  const app = await fill(page, await addApp(page, 'Attributed'))

  await test.step('opens an install and reads why it went where it went', async () => {
    await page.goto(`${app.base}/installs?range=30d`)
    await page.getByRole('link', { name: 'assisted-1' }).click()
    await expect(page.getByText('A click from net_a, campaign “net_a_autumn”, 3 d before the install')).toBeVisible()
    const contest = page.getByRole('table', { name: 'The winner against the touchpoint behind it, step by step' })
    await expect(contest.getByRole('row').filter({ hasText: 'Click or view' })).toContainText('Decides')
    await expect(contest.getByRole('row').filter({ hasText: 'Time' })).toContainText('Not asked')
    await expect(cells(page, 'Candidates', 'net_b')).toContainText(['A click wins before a view.'])
    await expect(page.getByText('View 10 h before the install, device id')).toBeVisible()
    await expect(page.getByRole('link', { name: 'Version 1' })).toBeVisible()
    await looksRight(page, 'trace')
    await page.goto(`${app.base}/installs/alone-1`)
    await expect(page.getByText('Organic: no click or view matches this install.')).toBeVisible()
    await expect(page.getByText('No touchpoint matches this install')).toBeVisible()
    await looksRight(page, 'trace without candidates')
  })

  await test.step('runs a what-if with a click window of one day', async () => {
    await page.goto(`${app.base}/settings`)
    await page.getByRole('link', { name: 'Try it as a what-if first' }).click()
    await page.waitForURL('**/what-if')
    await expect(page.getByText('No what-ifs yet')).toBeVisible()
    await looksRight(page, 'what-if, empty')
    await page.getByRole('button', { name: 'New what-if' }).first().click()
    const form = page.getByRole('dialog')
    await form.getByLabel('Name', { exact: true }).fill('One day of clicks')
    await form.getByLabel('First day').fill(day(app.installTime - DAY))
    await form.getByLabel('Last day').fill(day(app.installTime + DAY))
    await form.getByLabel('Clicks, days').first().fill('31')
    await form.getByRole('button', { name: 'Run what-if' }).click()
    await expect(form.getByText('A click window is at most 30 days.')).toBeVisible()
    // The browser notes the refusal, which was wanted; anything else it notes is not.
    expect(found.splice(0)).toEqual([expect.stringContaining('400 (Bad Request)')])
    await form.getByLabel('Clicks, days').first().fill('1')
    await expectAccessible(page, 'what-if, form')
    await form.getByRole('button', { name: 'Run what-if' }).click()
    await page.waitForURL('**/what-if/*')
  })

  await test.step('sees installs and revenue move between sources', async () => {
    await expect(page.getByText('61.5% of 13 installs would go to another media source.')).toBeVisible({
      timeout: 60_000,
    })
    await expect(cells(page, 'By media source', 'net_a')).toContainText(['net_a', '8', '0', '−8'])
    await expect(cells(page, 'By media source', 'net_b')).toContainText(['net_b', '4', '10', '+6'])
    await expect(cells(page, 'By media source', 'organic')).toContainText(['organic', '1', '3', '+2'])
    await looksRight(page, 'what-if, result')
    await page.getByRole('button', { name: 'Revenue, USD' }).click()
    await expect(cells(page, 'By media source', 'net_b')).toContainText(['net_b', '$20', '$80', '+$60'])
  })

  await test.step('adopts it from today on', async () => {
    await page.getByRole('button', { name: 'Adopt these settings' }).click()
    const dialog = page.getByRole('dialog')
    await expect(dialog.getByLabel(/^For installs from/)).toHaveValue(day(Date.now()))
    await expectAccessible(page, 'adopt')
    await dialog.getByRole('button', { name: 'Adopt', exact: true }).click()
    await expect(page.getByText('Adopted as version 2')).toBeVisible()
    await page.goto(`${app.base}/settings`)
    const version = page.getByRole('region', { name: 'Versions' }).getByRole('listitem').first()
    await expect(version).toContainText('Version 2')
    await expect(version).toContainText('In force')
    await expect(version).toContainText(/Click window:\s*7 days → 24 hours/)
    await expect(version).toContainText('Holds for installs from')
    await expect(page.getByLabel('Clicks, days').first()).toHaveValue('1')
    await looksRight(page, 'settings')
  })

  await test.step('sees a new decision carry the new version, and an earlier one its own', async () => {
    const now = Date.now()
    await sendTouchpoints(app, [touchOf('new-1', 'click', 'net_a', now - 2 * DAY)])
    const answer = await fetch(`${demo().collector}/v1/events`, {
      method: 'POST',
      headers: { authorization: `Bearer ${app.ingestKey}`, 'content-type': 'application/json' },
      body: JSON.stringify(installOf('new-1', now)),
    })
    expect(answer.status).toBe(202)
    await decided(app, ['new-1'])
    expect(await decisionOf(app, 'new-1')).toMatchObject({ outcome: 'organic', settings_version: 2 })
    expect(await decisionOf(app, 'assisted-1')).toMatchObject({ outcome: 'attributed', settings_version: 1 })
    await page.goto(`${app.base}/installs/new-1`)
    await expect(page.getByText('The click was 2 d before the install; the window is 24 hours.').first()).toBeVisible()
    await page.getByRole('link', { name: 'Version 2' }).click()
    await expect(page.locator('#settings-2')).toBeInViewport()
  })

  await test.step('compares all multi-touch models for the purchases side by side, and exports the table', async () => {
    await page.getByRole('link', { name: 'Multi-touch' }).first().click()
    await page.waitForURL('**/multi-touch')
    await page.getByLabel('Conversion', { exact: true }).selectOption('purchase')
    const table = page.getByRole('table', { name: 'Models side by side' })
    await expect(page.getByRole('button', { name: 'Export all models' })).toBeEnabled({ timeout: 60_000 })
    const row = (source: string) => table.getByRole('row').filter({ hasText: source }).getByRole('cell')
    // First, last, linear, time decay, position, Markov, Markov with nulls, Shapley: worked out by hand from the paths
    // net_a > net_b (6) and net_b (4); Markov's 3.75 and 6.25 are looked at in the file. Nulls depend on what else was touched.
    await expect(row('net_a')).toContainText(['net_a', '6', '0', '3', '2.6', '3', /^3\.[78]$/, /\d/, '3'])
    await expect(row('net_b')).toContainText(['net_b', '4', '10', '7', '7.4', '7', /^6\.[23]$/, /\d/, '7'])
    await looksRight(page, 'multi-touch')
    const download = page.waitForEvent('download')
    await page.getByRole('button', { name: 'Export all models' }).click()
    const csv = await readFile(await (await download).path(), 'utf8')
    const [head = [], ...lines] = csv
      .trim()
      .split(/\r?\n/)
      .map((line) => line.split(',').map((cell) => cell.replaceAll('"', '')))
    const figure = (source: string, column: string) =>
      Number(lines.find(([name]) => name === source)?.[head.indexOf(column)])
    expect(figure('net_a', 'markov_conversions')).toBeCloseTo(3.75, 6)
    expect(figure('net_b', 'markov_conversions')).toBeCloseTo(6.25, 6)
    expect(figure('net_a', 'first_touch_value')).toBeCloseTo(60, 6)
    for (const model of MODELS) {
      const sum = lines.reduce((all, [source = '']) => all + figure(source, `${model}_conversions`), 0)
      expect(sum, model).toBeCloseTo(10, 6)
    }
  })

  expect(found).toEqual([])
})

test('the order of deciding is changed by keyboard alone, and somebody who may only look can change nothing', async ({
  page,
  browser,
}) => {
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
  const app = await addApp(page, 'Ordered')
  await page.goto(`${app.base}/settings`)
  const steps = page.getByRole('list', { name: 'Order of deciding' }).getByRole('listitem')
  await expect(steps).toHaveCount(3)
  await page.getByRole('button', { name: 'Move “Time” up' }).focus()
  await page.keyboard.press('Enter')
  // The focus went along, so that the same key moves it on.
  await page.keyboard.press('Enter')
  await expect(steps.first()).toContainText('Time')
  await expect(page.getByText('Time: now step 1 of 3.')).toBeAttached()
  await page.getByRole('button', { name: 'Save as a new version' }).click()
  await expect(page.getByRole('region', { name: 'Versions' }).getByRole('listitem').first()).toContainText(
    /Order of deciding:\s*Clicks before views, then the stronger match, then time → Time, then clicks before views, then the stronger match/,
  )
  const analyst = demo().signIns.find(({ role }) => role === 'analyst')
  const other = await browser.newPage()
  await signIn(other, analyst?.email ?? '', analyst?.password ?? '')
  await other.goto(`${app.base}/settings`)
  await expect(other.getByLabel('Clicks, days').first()).toBeDisabled()
  await expect(other.getByRole('button', { name: 'Save as a new version' })).toHaveCount(0)
  await expect(other.getByRole('button', { name: 'Move “Time” down' })).toHaveCount(0)
  await other.close()
})
