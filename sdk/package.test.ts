import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { reactNative } from '../app/_lib/snippets.ts'
import { buildEntry, buildScript, buildTypes } from './build.ts'
import { VERSION } from './version.ts'

/** What the browser build may weigh, packed. */
const MOST_BYTES = 6 * 1024

let app: string
beforeAll(() => {
  app = mkdtempSync(join(tmpdir(), 'unmogrowp-sdk-'))
})
afterAll(() => rmSync(app, { recursive: true, force: true }))

test.each([
  ['browser', () => buildEntry('browser')],
  ['react-native', () => buildEntry('react-native')],
  ['script tag', buildScript],
])(
  'the %s build weighs at most 6 KB packed and needs no other module',
  async (name, build) => {
    const code = await build()
    const packed = gzipSync(code, { level: 9 }).length
    process.stdout.write(`SDK, ${name}: ${code.length} bytes, ${packed} gzip\n`)
    expect(packed).toBeLessThanOrEqual(MOST_BYTES)
    expect(code).not.toMatch(/\b(import|require)\s*\(|\bfrom\s*["'`]/)
  },
  30_000,
)

test('the built React Native entry loads outside of a browser', async () => {
  const file = join(app, 'react-native.mjs')
  writeFileSync(file, await buildEntry('react-native'))
  const module = await import(pathToFileURL(file).href)
  expect(Object.keys(module).sort()).toEqual(['VERSION', 'init'])
}, 60_000)

test('package.json names the version that events carry', () => {
  expect(JSON.parse(readFileSync(join(import.meta.dirname, 'package.json'), 'utf8')).version).toBe(VERSION)
})

const CONSUMER = `
import { init, type Client, type DeepLink, type Rejection } from '@unmogrowp/sdk'
import { init as initNative, type Adapters } from '@unmogrowp/sdk/react-native'

const sdk: Client = init({ key: 'ik_1', endpoint: 'https://collect.example', onRejected: ({ code }: Rejection) => code.length })
const id: string | undefined = sdk.track('purchase', { revenue: 4.99, currency: 'EUR', properties: { sku: 1 } })
sdk.track('level')
sdk.setConsent(true, { ads: false })
const stop: () => void = sdk.onDeepLink(({ clickId }: DeepLink) => clickId?.length)
const { track, flush } = sdk
const done: Promise<void> = flush()
declare const storage: Adapters['storage']
initNative({ key: 'ik_1', endpoint: 'https://collect.example', adapters: { platform: 'ios', storage } })

// @ts-expect-error revenue needs its currency
track('purchase', { revenue: 4.99 })
// @ts-expect-error a currency without revenue says nothing
track('purchase', { currency: 'EUR' })
// @ts-expect-error the key is required
init({ endpoint: 'https://collect.example' })
// @ts-expect-error a phone needs its adapters
initNative({ key: 'ik_1', endpoint: 'https://collect.example' })
// @ts-expect-error there is no such environment
init({ key: 'ik_1', endpoint: '', environment: 'staging' })
export { done, id, stop }
`

/** The modules that the console's snippet takes from React Native, as far as it uses them, with their own types. */
const REACT_NATIVE = `
declare module 'react-native' {
  type AppStateStatus = 'active' | 'background' | 'inactive' | 'unknown' | 'extension'
  type AppStateEvent = 'change' | 'memoryWarning' | 'blur' | 'focus'
  interface Subscription { remove(): void }
  export const AppState: {
    currentState: AppStateStatus
    addEventListener(type: AppStateEvent, listener: (state: AppStateStatus) => void): Subscription
  }
  export const Linking: {
    getInitialURL(): Promise<string | null>
    addEventListener(type: 'url', handler: (event: { url: string }) => void): Subscription
  }
  export const Platform: { OS: 'ios' | 'android' | 'macos' | 'windows' | 'web' }
}
declare module '@react-native-async-storage/async-storage' {
  type Callback = (error?: Error | null) => void
  const storage: {
    getAllKeys(callback?: Callback): Promise<readonly string[]>
    getItem(key: string, callback?: Callback): Promise<string | null>
    setItem(key: string, value: string, callback?: Callback): Promise<void>
    removeItem(key: string, callback?: Callback): Promise<void>
  }
  export default storage
}
`

test('the types serve a strict project, whatever its module resolution, and the console’s React Native snippet; they refuse wrong calls', () => {
  const installed = join(app, 'node_modules/@unmogrowp/sdk')
  mkdirSync(installed, { recursive: true })
  cpSync(join(import.meta.dirname, 'package.json'), join(installed, 'package.json'))
  buildTypes(join(installed, 'dist/types'))
  writeFileSync(join(app, 'package.json'), '{"type":"module"}')
  writeFileSync(join(app, 'consumer.ts'), CONSUMER)
  writeFileSync(join(app, 'native.ts'), reactNative('https://collect.example', 'ik_1'))
  writeFileSync(join(app, 'react-native.d.ts'), REACT_NATIVE)
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin/tsc')
  for (const [moduleResolution, module] of [
    ['bundler', 'preserve'],
    ['nodenext', 'nodenext'],
  ]) {
    const compilerOptions = {
      strict: true,
      noEmit: true,
      skipDefaultLibCheck: true,
      target: 'es2022',
      lib: ['es2022', 'dom'],
      types: [],
    }
    writeFileSync(
      join(app, 'tsconfig.json'),
      JSON.stringify({
        compilerOptions: { ...compilerOptions, module, moduleResolution },
        files: ['consumer.ts', 'native.ts', 'react-native.d.ts'],
      }),
    )
    expect(spawnSync(process.execPath, [tsc, '-p', app], { encoding: 'utf8' }).stdout).toBe('')
  }
}, 180_000)
