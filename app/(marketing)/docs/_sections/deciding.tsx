import { GLOSSARY } from '#app/_lib/glossary.ts'
import { Code } from '../../_components/code.tsx'
import { decisionQuery } from '../../_content/samples.ts'
import { C, DocHeading, DocSection, DocTable } from '../_components/parts.tsx'

const LIST = 'list-disc pl-5 marker:text-faint'

/** The rules, in the order in which they are asked. */
export function Attribution() {
  return (
    <DocSection id="attribution" title="Which touchpoint wins">
      <p>A click or view can earn an install when it</p>
      <ul className={LIST}>
        <li>
          matches it (below), happened before it (a device clock up to 24 hours behind is forgiven where the click id
          matches),
        </li>
        <li>
          and lies inside its lookback window: 7 days for clicks (1 to 30 days), 24 hours for views (1 to 72 hours), 6
          hours where the match is probabilistic (1 to 24 hours); per app and per media source.
        </li>
      </ul>
      <p>Among those, in this order:</p>
      <ol className="list-decimal pl-5 marker:text-faint">
        <li>a click before a view,</li>
        <li>install referrer or click id before device id before probabilistic,</li>
        <li>the most recent (or the earliest, where an app’s settings say first touch).</li>
      </ol>
      <p>
        The settings of an app may put these three steps in another order. No candidate: the install is organic. A
        touchpoint that lost stays in the decision with the step on which it lost.
      </p>
      <DocHeading id="matches">What a match is</DocHeading>
      <DocTable
        caption="Kinds of matches, strongest first"
        head={['Match', 'Strength', 'What ties touchpoint and install']}
        rows={[
          {
            key: 'install_referrer',
            cells: [<C key="name">install_referrer</C>, '3', 'The store’s install referrer names the click.'],
          },
          {
            key: 'click_id',
            cells: [
              <C key="name">click_id</C>,
              '3',
              'The click id reached the app by a deep link or a web page: web to app.',
            ],
          },
          {
            key: 'device_id',
            cells: [
              <C key="name">device_id</C>,
              '2',
              <>
                Both carry the same <C>advertising_id</C> (GAID, IDFA, OAID), <C>idfv</C> or <C>customer_user_id</C>,
                which also ties a person’s devices together; or a self-attributing network claims the install.
                Identifiers of zeros never match.
              </>,
            ],
          },
          {
            key: 'probabilistic',
            cells: [
              <C key="name">probabilistic</C>,
              '1',
              'The same network address (IPv4 exactly, IPv6 by its /64), the same operating system, and nothing that speaks against the same device.',
            ],
          },
        ]}
      />
      <p>
        Where the install referrer and a device id point at different clicks, the referrer wins and the decision says
        so.
      </p>
      <p>
        A flood is bounded: of one identifier the latest 1,000 clicks and 1,000 views of a day (UTC) before the install
        are looked at, and an address with 500 clicks or 500 views in the 24 hours before it matches nobody.
      </p>
      <DocHeading id="probabilistic">Probabilistic matches</DocHeading>
      <p>
        Many people share an address. The likelihood that a touchpoint belongs to an install falls with the time between
        them and is shared among all other touchpoints and installs behind that address that could as well belong
        together. A touchpoint can win from 0.8 on; below it the install is organic. Nothing is matched this way beyond
        the window, where an app’s or a media source’s settings forbid it, or where the install’s consent does (
        <C>ads</C>, <C>measurement</C> or <C>probabilistic</C> is false in it). The candidate carries its{' '}
        <C>probability</C>. How often such matches are right is{' '}
        <a href="/docs/measurements#probabilistic-precision" className="underline underline-offset-4">
          measured
        </a>
        .
      </p>
      <DocHeading id="late">Late arrivals and settling</DocHeading>
      <p>
        An install is decided after everything that arrived before it has been loaded, so that no click is overlooked
        because it was still on its way. What arrives later (a click, a view, the install referrer in a second event, a
        claim of a network, activity before a reinstall) makes another decision that supersedes the one before; what it
        would have been in order is what it becomes. The earlier decision stays readable, and reports follow the current
        one. A decision settles 24 hours after the install arrived: from then on only a click or referrer that the
        install itself names changes it.
      </p>
      <DocHeading id="reinstalls">Reinstalls, re-engagements, retargeting</DocHeading>
      <p>
        An install of a device that had the app within the last 90 days (up to 24 months) is a reinstall, known by{' '}
        <C>advertising_id</C> or <C>idfv</C>. Reports count it apart from installs. Won by a click or view of a
        retargeting link, it is a re-attribution, unless the device was active in the earlier install within the last 7
        days: it had not been away then, and the trace says so. A device that sent nothing for 7 days (1 to 90 days, or
        never) and comes back by a click of the last 7 days (1 to 30 days) is a re-engagement: by a click of a
        retargeting link, or by any click where the app itself sends the reserved event <C>reengagement</C>. Views and
        network addresses bring nobody back. Both silences are one setting, the inactivity window; 0 turns
        re-engagements off and lets every reinstall that retargeting won be a re-attribution.
      </p>
      <p>
        A link belongs to a retargeting campaign when its form says so, or when its address carries{' '}
        <C>is_retargeting=true</C>.
      </p>
      <DocHeading id="contributors">Assisting touchpoints</DocHeading>
      <p>
        Up to three touchpoints of other media sources that also led to the install are kept as its contributors, the
        most recent first. All of them stay among the candidates.
      </p>
      <DocHeading id="versions">Settings are versions</DocHeading>
      <p>
        Every change to windows, steps or rules is another version with its author and time, and each decision names the
        version it followed. A version may hold from a date on: installs before it keep the version that was in force
        then. The console shows what each version changed.
      </p>
      <DocHeading id="attribution-words">Words</DocHeading>
      <DocTable
        caption="Words of attribution"
        head={['Word', 'Meaning']}
        rows={Object.values(GLOSSARY).map(({ title, description }) => ({ key: title, cells: [title, description] }))}
      />
    </DocSection>
  )
}

/** The decision route. */
export function Decision({ web }: { web: string }) {
  return (
    <DocSection id="decision" title="Read a decision">
      <p>
        In the console, open Installs and choose one. Over REST, with a secret key that has the scope{' '}
        <C>decisions:read</C>; the app is named by its id or its short name in the console’s address:
      </p>
      <Code snippets={[{ title: 'curl', code: decisionQuery(web) }]} />
      <p>
        The answer holds <C>outcome</C> (<C>attributed</C> or <C>organic</C>), <C>match_type</C>, the <C>winner</C>, the
        install as the engine saw it, the engine version, the <C>settings</C> that were followed and their version, and{' '}
        <C>candidates</C>: each click and view that was considered, with <C>eligible</C>, <C>refused_by</C> for those
        that could not count, <C>rank_reason</C> for those that lost, and <C>probability</C>. <C>contributors</C> are
        the touchpoints that assisted, <C>rule_hits</C> what the engine noticed, <C>settles_at</C> the moment from which
        late arrivals no longer matter. <C>supersedes</C> names the decision it replaces; <C>?history=true</C> lists all
        of them. <C>reengagements</C> are the returns of the device since.
      </p>
    </DocSection>
  )
}

/** Replays of the past under other settings. */
export function WhatIf() {
  return (
    <DocSection id="what-if" title="What if the windows were others">
      <p>
        Under What-if in the console, choose a period and other windows, steps or rules. The same engine decides the
        stored installs of that period again, over the stored touchpoints, as a background job with progress that can be
        cancelled. Nothing in reports changes by it. The result stands beside what happened: installs and revenue by
        media source and campaign, and which source every install moved from and to. When its worker ends, the next one
        goes on where it was; after five times without coming further it has failed, says why, and can be run again.
      </p>
      <p>
        Keep the result, discard it, or adopt its settings from a date on: they become a version of the app’s settings,
        and installs from that date on follow it.
      </p>
    </DocSection>
  )
}

/** Credit shared among the touchpoints of a path. */
export function MultiTouch() {
  return (
    <DocSection id="multi-touch" title="Multi-touch models">
      <p>
        A decision gives an install to one touchpoint. Under Multi-touch the credit for installs, or for any in-app
        event and its revenue, is shared among all touchpoints before it, by every model side by side. Credit always
        sums to the conversions. A touchpoint that the install names by its click id counts as before it, even where a
        wrong clock dates it up to a day later: what won the install is in its path.
      </p>
      <DocTable
        caption="Multi-touch models"
        head={['Model', 'Credit']}
        rows={[
          ['first_touch', 'All to the first touchpoint.'],
          ['last_touch', 'All to the last.'],
          ['linear', 'Evenly to all.'],
          ['time_decay', 'Halves with every half-life before the conversion; 7 days unless set.'],
          [
            'position_based',
            '40 % first, 40 % last, 20 % shared evenly between; the weights can be set. Two touchpoints share evenly.',
          ],
          [
            'markov',
            'What would be lost without the channel: the removal effect in a Markov chain of order 1 to 3, solved exactly and normalized to the conversions.',
          ],
          ['markov_with_nulls', 'The same over paths that did not convert, too.'],
          [
            'shapley',
            'The Shapley value of the game in which a path’s conversions belong to the set of its channels: each path is shared evenly among its distinct channels.',
          ],
        ].map(([name = '', text = '']) => ({ key: name, cells: [<C key="name">{name}</C>, text] }))}
      />
      <p>
        Over REST the same table is answered by <C>POST /api/v1/multi-touch/query</C>, with a secret key that has the
        scope <C>reports:read</C>. A model that could not be solved is absent and named in <C>meta.missing</C>. An event
        that the app never had is answered with 404. While too many models are being computed the answer is 503 with{' '}
        <C>Retry-After</C>.
      </p>
      <p>
        The command line runs all of them over a file of paths with the columns <C>path</C> (<C>{'a > b > c'}</C>),{' '}
        <C>conversions</C>, <C>value</C> and <C>nulls</C>:
      </p>
      <Code snippets={[{ title: 'Models', code: 'npm run admin -- models --paths paths.csv --json' }]} />
    </DocSection>
  )
}
