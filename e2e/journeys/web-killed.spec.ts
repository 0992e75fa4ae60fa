import { expect, test } from '@playwright/test'
import { answers } from '#cli/stack/supervisor.ts'
import { demo, demoPids, signIn } from '../fixtures/demo.ts'

test('kill -9 of the web process: it comes back, the session still stands, and nothing sent meanwhile is lost', async ({
  page,
}) => {
  const { web, collector, signIns, apps } = demo()
  const [app] = apps
  await signIn(page, signIns[0]?.email ?? '', signIns[0]?.password ?? '')
  const before = demoPids().web
  expect(before).toBeGreaterThan(0)
  process.kill(before ?? 0, 'SIGKILL')
  const deviceId = `while-away-${Date.now()}`
  const sent = await fetch(`${collector}/v1/events`, {
    method: 'POST',
    headers: { authorization: `Bearer ${app?.ingestKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ event_name: 'install', device_id: deviceId, platform: app?.platform }),
  })
  expect(sent.status).toBe(202)
  await expect.poll(() => answers(`${web}/readyz`), { timeout: 60_000 }).toBe(true)
  expect(demoPids().web).not.toBe(before)
  await expect(async () => {
    await page.goto(`${web}/${app?.org}/${app?.slug}/installs/${deviceId}`)
    await expect(page.getByRole('heading', { name: 'Why did this install go there?' })).toBeVisible({ timeout: 5000 })
    await expect(page.getByText(/organic/i).first()).toBeVisible({ timeout: 5000 })
  }).toPass({ timeout: 30_000 })
})
