import { DIMENSIONS } from '#server/query/dimensions.ts'
import { METRICS } from '#server/query/metrics.ts'
import { Code } from '../../_components/code.tsx'
import { exportQuery, reportQuery } from '../../_content/samples.ts'
import { C, DocHeading, DocSection, DocTable } from '../_components/parts.tsx'

const UNIT = { count: 'count', money: 'money', ratio: 'ratio', money_ratio: 'money' } as const

/** Report queries, with the catalogue that the server itself uses. */
export function Reports({ web }: { web: string }) {
  return (
    <DocSection id="reports" title="Reports over REST">
      <p>
        With a secret key that has the scope <C>reports:read</C>:
      </p>
      <Code snippets={[{ title: 'curl', code: reportQuery(web) }]} />
      <p>
        <C>from</C> is inclusive, <C>to</C> exclusive, both days in <C>timezone</C> (default: the app’s). The answer is{' '}
        <C>{'{ rows, meta }'}</C>: a row has the dimensions as text and the metrics as numbers. Money is in the
        organization’s reporting currency, named in <C>meta.currency</C>.
      </p>
      <p>
        The whole REST interface is described for machines in{' '}
        <a href="/api/v1/openapi.json" className="ui-link">
          OpenAPI
        </a>
        .
      </p>
      <p>
        A ratio over zero is <C>null</C>. What cannot be known (no costs imported, no exchange rate) is <C>null</C>,
        too, and named in <C>meta.missing</C>.
      </p>
      <p>
        Filters have the operators <C>eq</C>, <C>neq</C>, <C>in</C>, <C>not_in</C>, <C>contains</C>, <C>gt</C> and{' '}
        <C>lt</C>. Organic installs have the media source <C>organic</C>. Events and revenue are dated by event time and
        belong to the source of the device’s current decision.
      </p>
      <DocHeading id="metrics">Metrics</DocHeading>
      <DocTable
        caption="Metrics of reports"
        head={['Metric', 'Unit', 'Formula']}
        rows={Object.entries(METRICS).map(([name, { unit, formula }]) => ({
          key: name,
          cells: [<C key="name">{name}</C>, UNIT[unit], formula],
        }))}
      />
      <DocHeading id="dimensions">Dimensions</DocHeading>
      <DocTable
        caption="Dimensions of reports"
        head={['Dimension', 'Meaning']}
        rows={Object.entries(DIMENSIONS).map(([name, { description }]) => ({
          key: name,
          cells: [<C key="name">{name}</C>, description],
        }))}
      />
    </DocSection>
  )
}

/** Raw rows. */
export function Exports({ web }: { web: string }) {
  return (
    <DocSection id="exports" title="Raw data">
      <p>
        With a secret key that has the scope <C>exports:read</C>: <C>installs</C>, <C>events</C>, <C>touchpoints</C>,{' '}
        <C>decisions</C> or <C>rejected</C>, as <C>csv</C>, <C>ndjson</C> or <C>parquet</C>.
      </p>
      <Code snippets={[{ title: 'curl', code: exportQuery(web) }]} />
      <p>
        The answer is streamed and has no limit on rows. With <C>limit</C> it comes in pages: the header{' '}
        <C>x-next-cursor</C> is the <C>cursor</C> of the next one.
      </p>
    </DocSection>
  )
}

/** Imports that money depends on. */
export function Rates() {
  return (
    <DocSection id="rates" title="Exchange rates and costs">
      <p>
        No rates come with the product: which source is right is for you to say. Import your own table in the
        organization’s settings under Exchange rates, or on the command line, where costs are imported, too:
      </p>
      <Code
        snippets={[
          {
            title: 'Rates',
            code: 'npm run admin -- import --app YOUR_APP_ID --kind rates --format csv rates.csv',
          },
          {
            title: 'Costs',
            code: 'npm run admin -- import --app YOUR_APP_ID --kind costs --format csv costs.csv',
          },
        ]}
      />
      <p>
        Rates have the columns <C>base,quote,day,rate</C>: one unit of base costs that many units of quote on that day.
      </p>
      <p>
        A rate holds for its day and at most ten days after it, for weekends and holidays. Revenue in a currency without
        a rate is shown as missing, never as zero and never left out of a sum in silence.
      </p>
    </DocSection>
  )
}
