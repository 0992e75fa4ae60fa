import type { Platform } from './rows.ts'

/** A country with what shapes its players: size, language, money, and standard time (daylight saving is left out). */
export interface Country {
  code: string
  locale: string
  utcOffsetHours: number
  weight: number
  currency: 'USD' | 'EUR' | 'GBP' | 'JPY' | 'BRL'
  /** How likely a player pays, compared with the average. */
  payers: number
}

export const COUNTRIES: readonly Country[] = [
  { code: 'US', locale: 'en-US', utcOffsetHours: -6, weight: 34, currency: 'USD', payers: 1.3 },
  { code: 'BR', locale: 'pt-BR', utcOffsetHours: -3, weight: 16, currency: 'BRL', payers: 0.5 },
  { code: 'DE', locale: 'de-DE', utcOffsetHours: 1, weight: 11, currency: 'EUR', payers: 1.1 },
  { code: 'GB', locale: 'en-GB', utcOffsetHours: 0, weight: 10, currency: 'GBP', payers: 1.1 },
  { code: 'JP', locale: 'ja-JP', utcOffsetHours: 9, weight: 9, currency: 'JPY', payers: 1.6 },
  { code: 'FR', locale: 'fr-FR', utcOffsetHours: 1, weight: 8, currency: 'EUR', payers: 0.9 },
  { code: 'MX', locale: 'es-MX', utcOffsetHours: -6, weight: 7, currency: 'USD', payers: 0.5 },
  { code: 'ES', locale: 'es-ES', utcOffsetHours: 1, weight: 5, currency: 'EUR', payers: 0.8 },
]

/** Store price tiers, cheapest first, and how often payers take each. */
export const PRICES: Readonly<Record<Country['currency'], readonly number[]>> = {
  USD: [0.99, 1.99, 4.99, 9.99, 19.99, 49.99],
  EUR: [0.99, 1.99, 4.99, 9.99, 19.99, 49.99],
  GBP: [0.79, 1.79, 4.49, 8.99, 17.99, 44.99],
  JPY: [160, 320, 800, 1500, 3000, 8000],
  BRL: [4.9, 9.9, 24.9, 49.9, 99.9, 249.9],
}
export const PRICE_WEIGHTS = [30, 22, 25, 14, 7, 2] as const
export const PRODUCTS = ['gems_small', 'starter_pack', 'gems_medium', 'season_pass', 'gems_large', 'vault'] as const

/** Share of a day's activity in each local hour: quiet at night, a hump at noon, a peak in the evening. */
export const HOUR_WEIGHTS = [
  22, 14, 9, 6, 5, 7, 15, 27, 36, 40, 43, 47, 54, 52, 48, 47, 50, 57, 66, 76, 84, 82, 66, 41,
] as const

/** Share of devices that open the app on the n-th day after the install, between the points by the logarithm. */
export const RETENTION: readonly (readonly [day: number, share: number])[] = [
  [1, 0.4],
  [3, 0.27],
  [7, 0.18],
  [14, 0.11],
  [30, 0.06],
  [90, 0.025],
  [365, 0.008],
]

export const DEVICES: Readonly<Record<Platform, readonly { model: string; os: readonly string[] }[]>> = {
  android: [
    { model: 'SM-A546B', os: ['14', '15', '16'] },
    { model: 'SM-S921B', os: ['15', '16'] },
    { model: 'Pixel 8', os: ['15', '16'] },
    { model: '23021RAA2Y', os: ['13', '14'] },
    { model: 'CPH2581', os: ['14', '15'] },
    { model: 'moto g54', os: ['13', '14', '15'] },
  ],
  ios: [
    { model: 'iPhone14,5', os: ['18.6', '26.0', '26.1'] },
    { model: 'iPhone15,4', os: ['18.6', '26.0', '26.1'] },
    { model: 'iPhone16,1', os: ['26.0', '26.1'] },
    { model: 'iPhone17,3', os: ['26.0', '26.1'] },
    { model: 'iPhone12,8', os: ['17.7', '18.6'] },
  ],
}
/** Android's API level by release: what an SDK reports beside the marketing version. */
export const ANDROID_BUILD: Readonly<Record<string, string>> = { 13: 'TP1A', 14: 'UP1A', 15: 'AP3A', 16: 'BP2A' }

export const SDK_VERSION = '1.2.0'
export const APP_VERSIONS = ['2.3.0', '2.3.1', '2.4.0'] as const
