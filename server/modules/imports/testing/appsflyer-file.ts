import { csvCell } from '../rows.ts'

/** The head row of AppsFlyer's raw data: 81 columns. Source: the field page, section 2d. */
const HEAD =
  'Attributed Touch Type,Attributed Touch Time,Install Time,Event Time,Event Name,Event Value,' +
  'Event Revenue,Event Revenue Currency,Event Revenue USD,Event Source,Is Receipt Validated,Partner,' +
  'Media Source,Channel,Keywords,Campaign,Campaign ID,Adset,Adset ID,Ad,Ad ID,Ad Type,Site ID,' +
  'Sub Site ID,Sub Param 1,Sub Param 2,Sub Param 3,Sub Param 4,Sub Param 5,Cost Model,Cost Value,' +
  'Cost Currency,Contributor 1 Partner,Contributor 1 Media Source,Contributor 1 Campaign,' +
  'Contributor 1 Touch Type,Contributor 1 Touch Time,Contributor 2 Partner,Contributor 2 Media Source,' +
  'Contributor 2 Campaign,Contributor 2 Touch Type,Contributor 2 Touch Time,Contributor 3 Partner,' +
  'Contributor 3 Media Source,Contributor 3 Campaign,Contributor 3 Touch Type,Contributor 3 Touch Time,' +
  'Region,Country Code,State,City,Postal Code,DMA,IP,WIFI,Operator,Carrier,Language,AppsFlyer ID,' +
  'Advertising ID,IDFA,Android ID,Customer User ID,IMEI,IDFV,Platform,Device Type,OS Version,' +
  'App Version,SDK Version,App ID,App Name,Bundle ID,Is Retargeting,Retargeting Conversion Type,' +
  'Attribution Lookback,Reengagement Window,Is Primary Attribution,User Agent,HTTP Referrer,' +
  'Original URL'
export const APPSFLYER_COLUMNS: readonly string[] = HEAD.split(',')

/** A row by column name; columns that are left out are empty. */
export type AppsflyerCells = Readonly<Record<string, string>>

/**
 * Writes rows as AppsFlyer exports them, with fabricated content.
 * @param more columns that an account appends
 * @param order of the columns; reports differ in it
 */
export function appsflyerFile(
  rows: readonly AppsflyerCells[],
  more: readonly string[] = [],
  order: (columns: string[]) => string[] = (columns) => columns,
): string {
  const columns = order([...APPSFLYER_COLUMNS, ...more])
  const unknown = rows.flatMap((row) => Object.keys(row)).find((name) => !columns.includes(name))
  if (unknown !== undefined) throw new Error(`There is no column ${unknown}.`)
  const lines = rows.map((row) => columns.map((name) => csvCell(row[name] ?? '')).join(','))
  return `\uFEFF${[columns.join(','), ...lines].join('\r\n')}\r\n`
}

/** An AppsFlyer id of Android's form. */
export const deviceOf = (n: number): string => `17${String(n).padStart(11, '0')}-${String(n).padStart(19, '0')}`

const time = (ms: number): string => new Date(ms).toISOString().slice(0, 19).replace('T', ' ')

/** Times of a fabricated install: touched two hours before it. */
export function installRow(n: number, day: number, more: AppsflyerCells = {}): AppsflyerCells {
  const installed = day + n * 60_000
  return {
    'Attributed Touch Type': 'click',
    'Attributed Touch Time': time(installed - 7_200_000),
    'Install Time': time(installed),
    'Event Time': time(installed),
    'Event Name': 'install',
    'Event Value': 'null',
    'Event Source': 'SDK',
    'Media Source': 'some_network',
    Campaign: `campaign ${n % 3}`,
    'Country Code': 'DE',
    DMA: 'None',
    IP: '192.0.2.7',
    'AppsFlyer ID': deviceOf(n),
    'Advertising ID': `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    Platform: 'android',
    'OS Version': '14',
    'App ID': 'com.example.game',
    'Attribution Lookback': '7d',
    'Is Retargeting': 'false',
    'Is Primary Attribution': 'true',
    ...more,
  }
}

/** An in-app event of the same device, `minutes` after its install. */
export function eventRow(n: number, day: number, minutes: number, more: AppsflyerCells = {}): AppsflyerCells {
  const row = installRow(n, day, {
    'Event Name': 'af_purchase',
    'Event Value': '{"af_content_id":"a, \\"b\\"","level":3}',
  })
  return { ...row, 'Event Time': time(day + n * 60_000 + minutes * 60_000), ...more }
}
