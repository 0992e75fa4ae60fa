import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { chromium } from 'playwright'

/** Where a Chromium was found, and how. */
export interface FoundChromium {
  path: string
  how: string
}

const SYSTEM = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
]

/** Flags for a headless run as root in a sandbox without network. */
export const CHROMIUM_ARGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

function find(): FoundChromium | null {
  const named = process.env.CHROMIUM_PATH
  if (named) {
    if (!existsSync(named)) throw new Error(`CHROMIUM_PATH names ${named}, which is not there.`)
    return { path: named, how: 'CHROMIUM_PATH' }
  }
  const system = SYSTEM.find((path) => existsSync(path))
  if (system) return { path: system, how: 'found on the system' }
  const own = chromium.executablePath()
  return own && existsSync(own) ? { path: own, how: "Playwright's" } : null
}

function run(command: string, args: string[]): boolean {
  return spawnSync(command, args, { stdio: 'inherit' }).status === 0
}

/**
 * Finds a Chromium (CHROMIUM_PATH, the system's, Playwright's) or installs one: Playwright's download, and where that
 * does not work and apt can, the distribution's. Says what it did.
 * @throws Error that says what to do when there is none
 */
export function ensureChromium(say: (text: string) => void): FoundChromium {
  const found = find()
  if (found) {
    say(`Chromium: ${found.path} (${found.how})`)
    return found
  }
  say("No Chromium found; trying Playwright's download …")
  const cli = join(dirname(createRequire(import.meta.url).resolve('playwright/package.json')), 'cli.js')
  if (
    !run(process.execPath, [cli, 'install', '--with-deps', 'chromium']) &&
    !run(process.execPath, [cli, 'install', 'chromium']) &&
    existsSync('/usr/bin/apt-get')
  ) {
    say("That did not work here; trying the distribution's package …")
    const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n']
    const apt = (...args: string[]) =>
      run(sudo[0] ?? 'apt-get', [...sudo.slice(1), ...(sudo.length > 0 ? ['apt-get'] : []), ...args])
    if (apt('update', '-qq')) apt('install', '-y', '-qq', '--no-install-recommends', 'chromium')
  }
  const now = find()
  if (!now) throw new Error('No Chromium could be found or installed. Install one and name it in CHROMIUM_PATH.')
  say(`Chromium: ${now.path} (installed now)`)
  return now
}
