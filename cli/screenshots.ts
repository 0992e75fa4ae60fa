import { readFileSync } from 'node:fs'
import { mkdir, stat, writeFile } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { type BrowserContext, chromium, type Page } from 'playwright'
import { env } from '#server/platform/env.ts'
import { type DemoFile, demoFileSchema } from './demo/demo-file.ts'
import { CHROMIUM_ARGS, ensureChromium } from './stack/chromium.ts'

/**
 * `node cli/screenshots.ts [--only overview,live]`: pictures of the running demo's rooms in both themes for the landing page
 * and the README, and the preview picture and touch icon. Needs `npm run demo` with the same DATA_DIR.
 */
const ROOT = resolve(import.meta.dirname, '..')
const OUT = join(ROOT, 'public/screenshots')
/** CSS pixels; times 1.5 these are the 1920 x 1200 pixels that the landing page expects. */
const VIEWPORT = { width: 1280, height: 800 }
const SCALE = 1.5
const MOST_BYTES = 150_000
const THEMES = ['light', 'dark'] as const
/** Longest wait for a room's figures, in milliseconds. */
const PATIENCE = 60_000

/** Rooms of an app, and how to get to what the picture shows. Resolves when it is there. */
const ROOMS: Record<string, (page: Page, app: string) => Promise<void>> = {
  overview: async (page, app) => {
    // The demo holds 30 days: a shorter range has a whole previous period to be compared with.
    await page.goto(`${app}?range=14d`)
    await settled(page)
  },
  campaigns: async (page, app) => {
    await page.goto(`${app}/campaigns`)
    await settled(page)
  },
  live: async (page, app) => {
    await page.goto(`${app}/live`)
    await settled(page)
  },
  decision: async (page, app) => {
    await page.goto(await decisionAddress(page, app))
    await settled(page)
  },
}

let demo: DemoFile

/** The demo's file. @throws Error that says to start the demo */
function readDemo(): DemoFile {
  const file = join(env().DATA_DIR, 'demo.json')
  try {
    return demoFileSchema.parse(JSON.parse(readFileSync(file, 'utf8')))
  } catch (cause) {
    throw new Error(`${file} cannot be read. Start the demo first: npm run demo`, { cause })
  }
}

/** Waits until no skeleton and no busy area is left, charts have stopped moving and fonts are there. */
async function settled(page: Page): Promise<void> {
  await page.locator('h1').first().waitFor({ timeout: PATIENCE })
  await page.waitForFunction(
    () => document.querySelector('main .ui-skeleton, main [aria-busy="true"]') === null,
    null,
    {
      timeout: PATIENCE,
    },
  )
  await page.evaluate(() => document.fonts.ready.then(() => undefined))
  await page.waitForTimeout(2_000)
}

/** An install worth showing: attributed, and with more than one candidate, as the REST route tells. */
async function decisionAddress(page: Page, app: string): Promise<string> {
  await page.goto(`${app}/installs`)
  await settled(page)
  const links = page.locator('main a[href*="/installs/"]')
  await links.first().waitFor({ timeout: PATIENCE })
  const hrefs = await links.evaluateAll((nodes) => nodes.map((node) => node.getAttribute('href') ?? ''))
  const [org, slug] = new URL(app).pathname.split('/').filter(Boolean)
  const owner = demo.apps.find((entry) => entry.org === org && entry.slug === slug)
  let best = { href: hrefs[0] ?? '', candidates: -1 }
  for (const href of [...new Set(hrefs)].slice(0, 60)) {
    const device = new URL(href, app).pathname.split('/').at(-1)
    const answer = await fetch(`${demo.web}/api/v1/apps/${owner?.appId}/installs/${device}/decision`, {
      headers: { authorization: `Bearer ${owner?.secretKey}` },
    })
    if (!answer.ok) continue
    const { outcome, candidates } = (await answer.json()) as { outcome: string; candidates: unknown[] }
    const worth = outcome === 'attributed' ? Math.min(candidates.length, 4) : 0
    if (worth > best.candidates) best = { href, candidates: worth }
    if (worth === 4) break
  }
  return new URL(best.href, app).href
}

async function signIn(context: BrowserContext): Promise<void> {
  const who = demo.signIns.find(({ role }) => role === 'owner') ?? demo.signIns[0]
  if (!who) throw new Error('demo.json has no sign-in. Start the demo without --empty.')
  const page = await context.newPage()
  await page.goto(`${demo.web}/sign-in`)
  await page.getByLabel(/e-?mail/i).fill(who.email)
  await page.getByLabel(/^password/i).fill(who.password)
  await page.getByRole('button', { name: /^sign in$/i }).click()
  await page.waitForURL((url) => !url.pathname.startsWith('/sign-in'), { timeout: PATIENCE })
  await page.close()
}

/** Writes a WebP of the page at the best quality that stays below the limit. */
async function shoot(page: Page, file: string): Promise<void> {
  const session = await page.context().newCDPSession(page)
  for (let quality = 90; quality >= 30; quality -= 10) {
    const { data } = await session.send('Page.captureScreenshot', { format: 'webp', quality })
    const bytes = Buffer.from(data, 'base64')
    if (bytes.length > MOST_BYTES && quality > 30) continue
    await writeFile(file, bytes)
    break
  }
  await session.detach()
  console.log(`${file.slice(ROOT.length + 1)}  ${Math.round((await stat(file)).size / 1024)} KB`)
}

/** Preview picture and touch icon, which must be bitmaps: drawn from public/og.svg and app/icon.svg. */
async function drawBitmaps(context: BrowserContext): Promise<void> {
  const page = await context.newPage()
  for (const { source, target, width, height, background } of [
    { source: 'public/og.svg', target: 'public/og.png', width: 1200, height: 630, background: '#111110' },
    { source: 'app/icon.svg', target: 'app/apple-icon.png', width: 180, height: 180, background: '#2f55e8' },
  ]) {
    await page.setViewportSize({ width, height })
    const font = readFileSync(join(ROOT, 'node_modules/geist/dist/fonts/geist-sans/Geist-Variable.woff2')).toString(
      'base64',
    )
    const svg = readFileSync(join(ROOT, source), 'utf8').replace('<svg ', `<svg width="${width}" height="${height}" `)
    await page.setContent(
      `<style>@font-face{font-family:Geist;src:url(data:font/woff2;base64,${font});font-weight:100 900}` +
        `body{margin:0;background:${background}}svg{display:block}</style>${svg}`,
    )
    await page.evaluate(() => document.fonts.ready.then(() => undefined))
    await page.screenshot({ path: join(ROOT, target), scale: 'css' })
    console.log(target)
  }
  await page.close()
}

const { values } = parseArgs({ options: { only: { type: 'string' } } })
const rooms = values.only?.split(',') ?? ['bitmaps', ...Object.keys(ROOMS)]
const browser = await chromium.launch({
  executablePath: ensureChromium((text) => console.log(text)).path,
  args: CHROMIUM_ARGS,
})
try {
  const context = await browser.newContext({
    viewport: VIEWPORT,
    deviceScaleFactor: SCALE,
    locale: 'en-US',
    timezoneId: 'UTC',
    reducedMotion: 'reduce',
  })
  if (rooms.includes('bitmaps')) await drawBitmaps(context)
  const asked = Object.entries(ROOMS).filter(([name]) => rooms.includes(name))
  if (asked.length > 0) {
    demo = readDemo()
    const [app] = demo.apps
    if (!app) throw new Error('demo.json has no app. Start the demo without --empty.')
    await mkdir(OUT, { recursive: true })
    await signIn(context)
    for (const theme of THEMES) {
      await context.addCookies([{ name: 'theme', value: theme, url: demo.web }])
      for (const [name, open] of asked) {
        const page = await context.newPage()
        await open(page, `${demo.web}/${app.org}/${app.slug}`)
        await shoot(page, join(OUT, `${name}-${theme}.webp`))
        await page.close()
      }
    }
  }
} finally {
  await browser.close()
}
