import { DIMENSIONS } from '#server/query/dimensions.ts'
import { METRICS } from '#server/query/metrics.ts'
import { decisionQuery, reportQuery } from '../../_content/samples.ts'
import { C, Code, DocHeading, DocSection, DocTable } from '../_components/parts.tsx'

/** The rules, in the order in which they are asked. */
export function Attribution() {
  return (
    <DocSection id="attribution" title="Which touchpoint wins">
      <p>A click or view can earn an install when it</p>
      <ul className="list-disc pl-5 marker:text-faint">
        <li>
          matches it: the click id is in the install referrer or in <C>click_id</C>, or both carry the same{' '}
          <C>advertising_id</C>, <C>idfv</C> or <C>customer_user_id</C>,
        </li>
        <li>happened before it,</li>
        <li>
          and lies inside its lookback window: 7 days for clicks (1 to 30 days) and 24 hours for views (1 to 72 hours),
          per app and per media source.
        </li>
      </ul>
      <p>Among those, in this order:</p>
      <ol className="list-decimal pl-5 marker:text-faint">
        <li>a click before a view,</li>
        <li>install referrer or click id before device id,</li>
        <li>the most recent.</li>
      </ol>
      <p>No candidate: the install is organic. Nothing is guessed from addresses or device models.</p>
      <DocHeading>Reinstalls</DocHeading>
      <p>
        An install of a device that had the app within the last 90 days (up to 24 months) is a reinstall, known by{' '}
        <C>advertising_id</C> or <C>idfv</C>. Reports count it apart from installs.
      </p>
      <DocHeading>When it is decided</DocHeading>
      <p>
        After everything that arrived before the install has been loaded, so that no click is overlooked because it was
        still on its way. A touchpoint that arrives later makes a new decision; the earlier one stays readable.
      </p>
    </DocSection>
  )
}

/** The decision route. */
export function Decision({ web }: { web: string }) {
  return (
    <DocSection id="decision" title="Read a decision">
      <p>
        In the console, open an install and choose “Why?”. Over REST, with a secret key that has the scope{' '}
        <C>decisions:read</C>; the app is named by its id or its short name in the console’s address:
      </p>
      <Code label="Read a decision" snippets={[{ title: 'curl', code: decisionQuery(web) }]} />
      <p>
        The answer holds <C>outcome</C> (<C>attributed</C> or <C>organic</C>), <C>match_type</C>, the <C>winner</C>, the
        install as the engine saw it, the engine and settings versions, and <C>candidates</C>: each click and view that
        was considered, with <C>eligible</C> and <C>refused_by</C>. <C>supersedes</C> names the decision it replaces;{' '}
        <C>?history=true</C> lists all of them.
      </p>
    </DocSection>
  )
}

const UNIT = { count: 'count', money: 'money', ratio: 'ratio', money_ratio: 'money' } as const

/** Report queries, with the catalogue that the server itself uses. */
export function Reports({ web }: { web: string }) {
  return (
    <DocSection id="reports" title="Reports over REST">
      <p>
        With a secret key that has the scope <C>reports:read</C>:
      </p>
      <Code label="Query a report" snippets={[{ title: 'curl', code: reportQuery(web) }]} />
      <p>
        <C>from</C> is inclusive, <C>to</C> exclusive, both days in <C>timezone</C> (default: the app’s). The answer is{' '}
        <C>{'{ rows, meta }'}</C>: a row has the dimensions as text and the metrics as numbers. Money is in the
        organization’s reporting currency, named in <C>meta.currency</C>.
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

/** Imports that money depends on. */
export function Rates() {
  return (
    <DocSection id="rates" title="Exchange rates and costs">
      <p>
        No rates come with the product: which source is right is for you to say. Import your own table, and costs where
        you have them:
      </p>
      <Code
        label="Import rates"
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
        A rate holds for its day and at most ten days after it, for weekends and holidays. Revenue in a currency without
        a rate is shown as missing, never as zero and never left out of a sum in silence.
      </p>
    </DocSection>
  )
}
