import { Code } from '../../_components/code.tsx'
import { ENVIRONMENT } from '../../_content/reference.ts'
import { C, DocSection, DocTable } from '../_components/parts.tsx'

/** Traffic with known causes. */
export function Simulator() {
  return (
    <DocSection id="simulator" title="Simulator">
      <p>
        Writes traffic whose causes are known: campaigns of different quality, clicks, views, installs, sessions and
        purchases. The same seed makes the same files.
      </p>
      <Code
        snippets={[{ title: 'Shell', code: 'npm run simulate -- --seed 1 --installs 1000 --days 30 --out simulated' }]}
      />
      <p>
        <C>touchpoints.ndjson</C> and <C>events.ndjson</C> can be sent to <C>/v1/touchpoints</C> and <C>/v1/events</C>{' '}
        as they are. <C>truth.csv</C> says for each device what caused its install, so that you can compare decisions
        with it.
      </p>
    </DocSection>
  )
}

const ROLES = [
  { name: 'collector', text: 'Takes events, clicks and views, and answers when they are on disk.' },
  { name: 'loader', text: 'Moves the log into ClickHouse, each event once.' },
  {
    name: 'attributor',
    text: 'Decides installs once everything before them is loaded, and again when something arrives late.',
  },
  {
    name: 'jobs',
    text: 'Runs imports and what-ifs, asks self-attributing networks, counts usage, removes what has expired.',
  },
] as const

/** Roles, health and metrics. */
export function Roles() {
  return (
    <DocSection id="roles" title="Roles and health">
      <p>
        The demo runs every role on one machine. Each also runs alone, against your own Postgres and ClickHouse.
        Collector and loader share a disk where the log between them is a folder in <C>DATA_DIR</C>; with{' '}
        <C>EVENT_LOG=kafka</C> they need not.
      </p>
      <Code
        snippets={[
          {
            title: 'Shell',
            code: 'npm run build && npm start                     # web\nnpm run worker -- --roles collector            # one role\nnpm run worker -- --roles loader,attributor    # two in one process',
          },
        ]}
      />
      <DocTable
        caption="Worker roles"
        head={['Role', 'Does']}
        rows={ROLES.map(({ name, text }) => ({ key: name, cells: [<C key="name">{name}</C>, text] }))}
      />
      <p>
        Every process answers <C>/healthz</C> (it is up), <C>/readyz</C> (what it needs is reachable) and{' '}
        <C>/metrics</C> (Prometheus).
      </p>
    </DocSection>
  )
}

/** Variables of the environment. */
export function Environment() {
  return (
    <DocSection id="environment" title="Environment">
      <p>
        Checked at the start, with a readable error. Absent connection settings mean the embedded part.{' '}
        <C>.env.example</C> lists the same.
      </p>
      <DocTable
        caption="Environment variables"
        head={['Variable', 'Meaning']}
        rows={Object.entries(ENVIRONMENT).map(([name, text]) => ({
          key: name,
          cells: [<C key="name">{name}</C>, text],
        }))}
      />
    </DocSection>
  )
}

/** How organizations are kept apart. */
export function Tenancy() {
  return (
    <DocSection id="tenancy" title="Organizations apart">
      <p>
        Every row belongs to an organization. In Postgres, row-level security holds under a role that cannot bypass it.
        In ClickHouse, one query builder adds the organization to every table it reads. What belongs to somebody else
        does not exist: 404. A test walks every procedure and route with two organizations.
      </p>
    </DocSection>
  )
}

/** The licence. */
export function License() {
  return (
    <DocSection id="license" title="License">
      <p>
        MIT. Use it, change it, sell it, and keep the notice. The file <C>LICENSE</C> is in the repository, next to a{' '}
        <C>README.md</C> that says why each runtime dependency is there.
      </p>
      <p>
        Countries of IP addresses come from ip-location-db, which is made from Whois and routing data of the regional
        internet registries (NRO, CC BY 4.0). They are as good as that data: a hint, not a fact.
      </p>
      <p>
        What it does not do yet is{' '}
        <a href="/#not-yet" className="ui-link">
          listed on the start page
        </a>
        .
      </p>
    </DocSection>
  )
}
