import { readFile } from 'node:fs/promises'
import { expect, type Page, test } from '@playwright/test'
import { complaints, demo, demoPids, expectAccessible, fitsThePhone, signIn } from '../fixtures/demo.ts'
import { addApp, type OwnApp, queryable, send } from '../fixtures/own-app.ts'

const [owner] = demo().signIns
const ROWS = 40

let found: string[]
test.beforeEach(async ({ page }) => {
  found = complaints(page)
  await signIn(page, owner?.email ?? '', owner?.password ?? '')
})
// A refused script or style, or an exception in the page.
test.afterEach(() => expect(found).toEqual([]))

async function looksRight(page: Page, name: string): Promise<void> {
  await expectAccessible(page, name)
  await fitsThePhone(page, name)
}

/** Forty purchases of four devices; the column with the devices is called otherwise, and one row has no such currency. */
function purchases(): string {
  const rows = Array.from({ length: ROWS }, (_, n) => {
    const time = new Date(Date.now() - (n + 1) * 3_600_000).toISOString()
    return `order-${n},purchase,${time},player-${n % 4},${n}.50,${n === 6 ? 'COINS' : 'EUR'}`
  })
  return ['event_id,event_name,event_time,player,revenue,currency', ...rows, ''].join('\n')
}

/** Uploads the file and says which column names the device; ends where the import can be started. */
async function upload(page: Page, name: string, content: string): Promise<void> {
  const chooser = page.waitForEvent('filechooser')
  await page.getByRole('button', { name: 'Upload file' }).first().click()
  await (await chooser).setFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(content) })
  const sheet = page.getByRole('dialog', { name })
  await expect(sheet.getByText(`${ROWS} of the first ${ROWS} rows would be refused.`)).toBeVisible()
  await sheet.getByLabel('Field for player').selectOption('device_id')
  await expect(sheet.getByText(`1 of the first ${ROWS} rows would be refused.`)).toBeVisible()
}

/** What the sheet of an import says of a name. */
const fact = (page: Page, name: string) =>
  page.getByRole('dialog').getByText(name, { exact: true }).locator('xpath=following-sibling::dd')

test('a file is looked at, mapped, imported and reported; imported once more it changes nothing', async ({ page }) => {
  const app = await addApp(page, 'Imported')
  const content = purchases()
  await page.goto(`${app.base}/imports`)
  await expect(page.getByText('Nothing was imported yet')).toBeVisible()
  await looksRight(page, 'imports, empty')

  await upload(page, 'purchases.csv', content)
  const sheet = page.getByRole('dialog')
  await expect(sheet.getByText(/Line 8, currency: /)).toBeVisible()
  await looksRight(page, 'import, before it starts')

  // Whoever imports stands still for a moment, so that what shows meanwhile can be looked at.
  const { jobs = 0 } = demoPids()
  expect(jobs).toBeGreaterThan(0)
  process.kill(jobs, 'SIGSTOP')
  try {
    await sheet.getByRole('button', { name: 'Start import' }).click()
    await expect(sheet.getByRole('progressbar', { name: 'Import of purchases.csv' })).toBeVisible()
    await expect(sheet.getByRole('button', { name: 'Cancel import' })).toBeVisible()
    await looksRight(page, 'import, under way')
  } finally {
    process.kill(jobs, 'SIGCONT')
  }
  await expect(sheet.getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(fact(page, 'Rows read')).toHaveText(String(ROWS))
  await expect(fact(page, 'Accepted')).toHaveText(String(ROWS - 1))
  await expect(fact(page, 'There before')).toHaveText('0')
  await expect(fact(page, 'Refused')).toHaveText('1')
  await looksRight(page, 'import, done')

  const started = page.waitForEvent('download')
  await sheet.getByRole('link', { name: 'Download the refused rows' }).click()
  const download = await started
  expect(download.suggestedFilename()).toBe('purchases.csv.refused.csv')
  const [, ...refused] = (await readFile(await download.path(), 'utf8')).trim().split('\n')
  expect(refused).toHaveLength(1)
  expect(refused[0]).toMatch(/^8,currency,unknown_currency,.*order-6/)

  const before = await queryable(app)
  expect(before.map((event) => event.event_id).sort()).toEqual(
    Array.from({ length: ROWS }, (_, n) => `order-${n}`)
      .filter((id) => id !== 'order-6')
      .sort(),
  )
  await sheet.getByRole('button', { name: 'Close' }).click()

  await upload(page, 'again.csv', content)
  await sheet.getByRole('button', { name: 'Start import' }).click()
  await expect(sheet.getByText('Done', { exact: true })).toBeVisible({ timeout: 60_000 })
  await expect(fact(page, 'There before')).toHaveText(String(ROWS - 1))
  await expect(fact(page, 'Refused')).toHaveText('1')
  expect(await queryable(app)).toEqual(before)
  await sheet.getByRole('button', { name: 'Close' }).click()
  await expect(page.getByRole('row').filter({ hasText: 'again.csv' })).toContainText('Done')
  await looksRight(page, 'imports')
})

/** The rejected events' table row with a text. */
const letter = (page: Page, text: string) =>
  page.getByRole('table', { name: 'Rejected events' }).getByRole('row').filter({ hasText: text })

/** Sends two events that are a little more than a day ahead of the clock, until both were refused for it. */
async function sendTooEarly(app: OwnApp): Promise<number> {
  let allowedFrom = 0
  await expect(async () => {
    allowedFrom = Date.now() + 10_000
    const event_time = new Date(allowedFrom + 86_400_000).toISOString()
    const answer = await send(
      app.ingestKey,
      [1, 2].map((n) => ({
        event_id: `early-${n}-${allowedFrom}`,
        event_name: 'early',
        device_id: 'clock',
        event_time,
      })),
    )
    expect(((await answer.json()) as { rejected: unknown[] }).rejected).toHaveLength(2)
  }).toPass({ timeout: 60_000 })
  return allowedFrom
}

test('what was refused shows with its reason, is corrected and sent again, one by one or by reason', async ({
  page,
}) => {
  const app = await addApp(page, 'Refused')
  const answer = await send(app.ingestKey, {
    event_id: 'misspelt',
    event_name: 'purchase',
    device_id: 'player-1',
    revenue: 4.99,
    currency: 'EURO',
  })
  expect(await answer.json()).toMatchObject({ rejected: [{ code: 'unknown_currency', field: 'currency' }] })
  const allowedFrom = await sendTooEarly(app)

  await page.goto(`${app.base}/ingestion`)
  await expect(letter(page, 'Unknown currency')).toContainText('Not sent again')
  await expect(letter(page, 'Time in the future')).toHaveCount(2)
  await expect(page.getByRole('table', { name: 'Rejected by reason' })).toContainText('Unknown currency')
  await looksRight(page, 'ingestion')

  await test.step('as it is, it is refused again', async () => {
    await letter(page, 'Unknown currency').click()
    const sheet = page.getByRole('dialog', { name: 'Unknown currency' })
    await expect(sheet.getByText('Use a three-letter code of ISO 4217')).toBeVisible()
    await looksRight(page, 'rejected event')
    await sheet.getByRole('button', { name: 'Send again' }).click()
    await expect(sheet.getByText('Refused again: Unknown currency.')).toBeVisible()
  })

  await test.step('corrected, it is accepted, marked and queryable', async () => {
    const sheet = page.getByRole('dialog', { name: 'Unknown currency' })
    await sheet.getByRole('button', { name: 'Correct it first' }).click()
    const editor = sheet.getByLabel('Corrected event')
    const text = await editor.inputValue()
    await editor.fill(text.slice(0, -1))
    await expect(sheet.getByText('This is not readable JSON')).toBeVisible()
    await expect(sheet.getByRole('button', { name: 'Send corrected' })).toBeDisabled()
    await editor.fill(text.replace('"EURO"', '"EUR"'))
    await looksRight(page, 'rejected event, corrected')
    await sheet.getByRole('button', { name: 'Send corrected' }).click()
    await expect(sheet.getByText('Accepted.', { exact: true })).toBeVisible()
    await expect(sheet.getByText('Corrected, accepted')).toBeVisible()
    await sheet.getByRole('button', { name: 'Close' }).click()
    await expect(letter(page, 'Corrected, accepted')).toHaveCount(1)
    await expect
      .poll(async () => (await queryable(app)).filter((event) => event.event_name === 'purchase'))
      .toMatchObject([{ event_id: 'misspelt', currency: 'EUR' }])
    // The newest event's age, in one line beside five other figures.
    await expect(page.getByText(/^\d+ (s|min) ago$/)).toBeVisible()
  })

  await test.step('all of one reason are sent again once its cause is gone', async () => {
    await page.getByRole('combobox', { name: 'Reason' }).selectOption('in_future')
    await expect(letter(page, 'Unknown currency')).toHaveCount(0)
    await expect(letter(page, 'Time in the future')).toHaveCount(2)
    await expect.poll(() => Date.now()).toBeGreaterThan(allowedFrom)
    await page.getByRole('button', { name: 'Send again…' }).click()
    const dialog = page.getByRole('dialog', { name: 'Send rejected events again' })
    await expect(dialog.getByText('“Time in the future”, in the days shown.')).toBeVisible()
    await looksRight(page, 'send again')
    await dialog.getByRole('button', { name: 'Send again' }).click()
    await expect(dialog.getByRole('status')).toHaveText('All were sent.')
    await expect(dialog.locator('dd')).toHaveText(['2', '2', '0'])
    await dialog.getByRole('button', { name: 'Done' }).click()
    await expect(letter(page, 'Accepted since')).toHaveCount(2)
    await expect.poll(async () => (await queryable(app)).filter((event) => event.event_name === 'early').length).toBe(2)
  })
})

const event = (name: string) => ({ event_name: name, device_id: 'key-holder', platform: 'android' })
const statusWith = async (key: string, headers?: Record<string, string>) =>
  (await send(key, event('session'), headers)).status

test('an ingest key is rotated with an overlap in which both work; revoked, the old one is refused', async ({
  page,
}) => {
  const { base, ingestKey } = await addApp(page, 'Rotated')
  await page.goto(`${base}/settings`)
  const item = page.getByRole('listitem').filter({ hasText: ingestKey })
  await item.getByRole('button', { name: 'Rotate' }).click()
  const rotate = page.getByRole('dialog', { name: /^Rotate/ })
  await rotate.getByLabel('The old key stops working').selectOption({ label: 'In 7 days' })
  await looksRight(page, 'rotate')
  await rotate.getByRole('button', { name: 'Rotate key' }).click()
  const made = page.getByRole('dialog', { name: 'The new key' })
  const newKey = ((await made.locator('code').textContent()) ?? '').trim()
  expect(newKey).toMatch(/^ik_/)
  expect(newKey).not.toBe(ingestKey)
  await made.getByRole('button', { name: 'Done' }).click()
  await expect(item).toContainText('Rotated, works until')
  await expect.poll(() => statusWith(newKey)).toBe(202)
  expect(await statusWith(ingestKey)).toBe(202)
  await looksRight(page, 'app settings, rotated')

  await item.getByRole('button', { name: 'Revoke' }).click()
  const revoke = page.getByRole('dialog', { name: 'Revoke this ingest key?' })
  await expect(revoke.getByRole('button', { name: 'Revoke key' })).toBeDisabled()
  await revoke.getByLabel(/last four characters/).fill(ingestKey.slice(-4))
  await revoke.getByRole('button', { name: 'Revoke key' }).click()
  await expect(item).toHaveCount(0)
  await expect.poll(() => statusWith(ingestKey)).toBe(401)
  expect(await statusWith(newKey)).toBe(202)
  await page.getByLabel('Show keys that ended (1)').check()
  await expect(item).toContainText('Revoked')
})

test('a secret key is shown once, works, and is refused after it was revoked', async ({ page }) => {
  const [app] = demo().apps
  const name = `Journey ${Date.now()}`
  const list = `${demo().web}/${app?.org}/settings/keys`
  await page.goto(list)
  await page.getByRole('button', { name: 'Create key' }).first().click()
  const create = page.getByRole('dialog', { name: 'Create secret key' })
  await create.getByLabel('Name').fill(name)
  await create.getByLabel('events:write').check()
  await looksRight(page, 'create secret key')
  await create.getByRole('button', { name: 'Create key' }).click()
  const shown = page.getByRole('dialog', { name: 'Copy your key now' })
  const secret = ((await shown.locator('code').textContent()) ?? '').trim()
  expect(secret).toMatch(/^sk_\w{20,}/)
  await looksRight(page, 'secret key')
  await shown.getByRole('button', { name: 'Done' }).click()
  await page.goto(list)
  const row = page.getByRole('row').filter({ hasText: name })
  await expect(row).toContainText('events:write')
  expect(await page.content()).not.toContain(secret)
  const headers = { 'x-app-id': app?.appId ?? '' }
  await expect.poll(() => statusWith(secret, headers)).toBe(202)

  await row.getByRole('button', { name: 'Revoke' }).click()
  const revoke = page.getByRole('dialog', { name: `Revoke “${name}”` })
  await revoke.getByLabel(`Type ${name} to confirm`).fill(name)
  await revoke.getByRole('button', { name: 'Revoke key' }).click()
  await expect(row).toHaveCount(0)
  await expect.poll(() => statusWith(secret, headers)).toBe(401)
})

test('the Segment snippet of the settings names a key and an address that take events', async ({ page }) => {
  const app = await addApp(page, 'Segment')
  await page.goto(`${app.base}/settings`)
  const snippets = page.locator('#compatible-endpoints')
  await snippets.getByRole('tab', { name: 'Segment, Node' }).click()
  const code = (await snippets.locator('pre').filter({ hasText: 'analytics-node' }).textContent()) ?? ''
  const writeKey = /writeKey: '(.+)'/.exec(code)?.[1] ?? ''
  const host = /host: '(.+)'/.exec(code)?.[1] ?? ''
  expect(writeKey).toBe(app.ingestKey)
  await looksRight(page, 'app settings')
  // What Segment's libraries ask first, and what they send.
  const settings = await fetch(`${host}/v1/projects/${writeKey}/settings`)
  expect(settings.status).toBe(200)
  const sent = await fetch(`${host}/v1/batch`, {
    method: 'POST',
    headers: {
      authorization: `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`,
      'content-type': 'application/json',
    },
    body: JSON.stringify({
      batch: [
        {
          type: 'track',
          messageId: 'from-the-snippet',
          userId: 'user-1',
          event: 'Order Completed',
          timestamp: new Date().toISOString(),
          properties: { revenue: 19.99, currency: 'EUR' },
        },
      ],
    }),
  })
  expect(sent.status, await sent.text()).toBe(200)
  await expect
    .poll(async () => await queryable(app))
    .toMatchObject([{ event_id: 'from-the-snippet', customer_user_id: 'user-1', currency: 'EUR' }])
})
