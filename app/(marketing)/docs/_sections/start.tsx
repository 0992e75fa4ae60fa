import { Code } from '../../_components/code.tsx'
import { curlEvent, INSTALL, javaScriptEvents, PURCHASE, serverEvents } from '../../_content/samples.ts'
import { C, DocHeading, DocSection } from '../_components/parts.tsx'

/** Two commands and what they start. */
export function Run({ web, collector }: { web: string; collector: string }) {
  return (
    <DocSection id="run" title="Run it">
      <p>You need Node 20 or later and npm, and nothing else. In a clone of the repository:</p>
      <Code snippets={[{ title: 'Shell', code: 'npm ci\nnpm run demo' }]} />
      <p>
        The demo starts Postgres, ClickHouse and a mail inbox that come inside npm packages, the collector, the loader,
        the attributor and the console. It makes a demo organization and sends simulated traffic through the collector,
        as any app would.
      </p>
      <ul className="list-disc pl-5 marker:text-faint">
        <li>
          Console: <C>{web}</C>
        </li>
        <li>
          Collector: <C>{collector}</C>
        </li>
        <li>
          Addresses, sign-ins and keys are printed, and written to <C>.data/demo.json</C>.
        </li>
      </ul>
      <p>
        <C>Ctrl-C</C> stops everything and keeps the data. <C>npm run demo -- --empty</C> starts without demo
        organization and traffic.
      </p>
    </DocSection>
  )
}

/** Sign-up until the ingest key. */
export function FirstApp() {
  return (
    <DocSection id="first-app" title="Sign up and add an app">
      <ol className="list-decimal pl-5 marker:text-faint">
        <li>
          <a href="/sign-up" className="ui-link">
            Sign up
          </a>{' '}
          with e-mail and password, and open the link in the mail. In the demo, mails arrive in the inbox page that the
          demo prints.
        </li>
        <li>Name your organization and your first app: platform and bundle id.</li>
        <li>Copy the ingest key. It can only write, and only for this app, so it may be in an app or a page.</li>
      </ol>
      <p>The page with the key waits for your first event and shows it when it arrives.</p>
    </DocSection>
  )
}

/** Tracking links: create, click, redirect. */
export function Links({ collector }: { collector: string }) {
  return (
    <DocSection id="links" title="Tracking links">
      <p>
        Create one under Links: media source, campaign, and where clicks go on Android, iOS and the web. The console
        shows its addresses and a QR code.
      </p>
      <Code
        snippets={[
          {
            title: 'Addresses',
            code: `${collector}/c/LINK    records a click, answers 302\n${collector}/v/LINK    records a view, answers a 1x1 gif`,
          },
        ]}
      />
      <p>
        A click gets a click id. On the way to Google Play it travels in <C>referrer</C> (as <C>click_id</C>, beside the
        utm fields); on the way to a web page or a deep link it is <C>click_id</C> in the query. Whoever reports the
        install sends it back as <C>install_referrer</C> or <C>click_id</C>.
      </p>
      <p>
        A destination given in the query is used only if its host is on the link’s list. An unknown link is 404. A click
        that cannot be written still redirects; the failure is counted in the metrics.
      </p>
    </DocSection>
  )
}

/** The first two events. */
export function Send({ collector }: { collector: string }) {
  return (
    <DocSection id="send" title="Send an install and a purchase">
      <p>
        Click your link first and take the click id from the address you land on. Then send the install, with your own
        ingest key:
      </p>
      <Code
        snippets={[
          { title: 'curl', code: curlEvent(collector, INSTALL) },
          { title: 'JavaScript', code: javaScriptEvents(collector) },
        ]}
      />
      <p>The answer comes after the event is on disk:</p>
      <Code snippets={[{ title: 'Answer', code: 'HTTP/1.1 202 Accepted\n\n{"accepted":1,"rejected":[]}' }]} />
      <p>Then a purchase of the same device, from the device or from your server:</p>
      <Code
        snippets={[
          { title: 'curl', code: curlEvent(collector, PURCHASE) },
          { title: 'Server to server', code: serverEvents(collector) },
        ]}
      />
      <DocHeading>Which key</DocHeading>
      <p>
        A device sends with the app’s ingest key. A server sends with a secret key that has the scope{' '}
        <C>events:write</C> and names the app in <C>X-App-Id</C>; only then is the event’s own <C>ip</C> believed. Make
        secret keys in the organization’s settings, or with{' '}
        <C>npm run admin -- key create --org SLUG --scopes events:write</C>.
      </p>
      <DocHeading>Many events</DocHeading>
      <p>
        Send an array, or NDJSON with <C>Content-Type: application/x-ndjson</C>: one event a line, at most 10,000 events
        and 10 MB unpacked. <C>Content-Encoding</C> may be gzip, br or zstd. Browsers’ beacons may give the ingest key
        as <C>?key=</C>.
      </p>
      <p>
        Then open the overview: the install stands under the link’s media source, and its decision shows the click that
        won.
      </p>
    </DocSection>
  )
}
