import { gzipSync } from 'node:zlib'
import { expect, type Page, test } from '@playwright/test'
import { demo, signIn } from '../fixtures/demo.ts'

const KB = 1024

/** Gzip size of the scripts a page's HTML names: what is loaded first. Lazily loaded chunks are not named there. */
async function firstLoad(page: Page, path: string): Promise<number> {
  const html = await (await page.request.get(`${demo().web}${path}`)).text()
  const sources = new Set([...html.matchAll(/<script[^>]+src="([^"]+)"/g)].map((match) => match[1] ?? ''))
  let bytes = 0
  for (const source of sources) {
    // Old browsers only; the others never ask for it.
    if (new RegExp(`<script[^>]+src="${source.replaceAll('?', '\\?')}"[^>]*nomodule`, 'i').test(html)) continue
    bytes += gzipSync(await (await page.request.get(new URL(source, demo().web).href)).body()).length
  }
  console.log(`first-load JavaScript ${path}: ${(bytes / KB).toFixed(1)} KB gzip in ${sources.size} files`)
  return bytes
}

test('marketing pages load at most 130 KB of JavaScript first', async ({ page }) => {
  for (const path of ['/', '/pricing', '/docs']) expect(await firstLoad(page, path), path).toBeLessThanOrEqual(130 * KB)
})

test('the overview loads at most 220 KB of JavaScript first, without the chart', async ({ page }) => {
  const { signIns, apps } = demo()
  await signIn(page, signIns[0]?.email ?? '', signIns[0]?.password ?? '')
  expect(await firstLoad(page, `/${apps[0]?.org}/${apps[0]?.slug}`)).toBeLessThanOrEqual(220 * KB)
})
