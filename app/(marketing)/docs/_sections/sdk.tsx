import { reactNative, scriptTag } from '#app/_lib/snippets.ts'
import { Code } from '../../_components/code.tsx'
import { PLACEHOLDER } from '../../_content/samples.ts'
import { C, DocHeading, DocSection, DocTable } from '../_components/parts.tsx'

const FUNCTIONS = [
  [
    'track(name, {revenue, currency, properties, eventId})',
    'Records an event with the time of the call and returns its id.',
  ],
  ['setCustomerUserId(id)', 'Your own name for the user, on every later event; null forgets it.'],
  [
    'setConsent(granted, details)',
    'Yes: events flow and carry the details. No: what waits is dropped, what is stored is removed.',
  ],
  ['getDeepLink(), onDeepLink(listener)', 'The link that opened the page or app: click id, referrer, parameters.'],
  ['flush(), pause(), resume()', 'Send now; hold back; go on.'],
  ['reset()', 'Forgets the device. What follows is a new install.'],
] as const

/** The SDK: how to start it, its functions, and what it does by itself. */
export function Sdk({ collector }: { collector: string }) {
  return (
    <DocSection id="sdk" title="SDK for web and React Native">
      <p>
        The SDK keeps the install id, reports install and sessions, and delivers events once: offline, across reloads
        and several tabs. In a page it is one script, under 5 KB, from your own collector:
      </p>
      <Code
        snippets={[
          { title: 'Web page', code: scriptTag(collector, PLACEHOLDER.ingestKey) },
          { title: 'React Native', code: reactNative(collector, PLACEHOLDER.ingestKey) },
        ]}
      />
      <DocTable
        caption="Functions of the SDK"
        head={['Function', 'Does']}
        rows={FUNCTIONS.map(([name, text]) => ({ key: name, cells: [<C key="name">{name}</C>, text] }))}
      />
      <DocHeading>What it does by itself</DocHeading>
      <ul className="list-disc pl-5 marker:text-faint">
        <li>
          <C>install</C> once a device, with <C>click_id</C> and <C>referrer</C> of the address or, on Android, the Play
          referrer that your native module reads. Where a browser can store nothing, no install is reported.
        </li>
        <li>
          <C>session_start</C> with the first activity after 30 idle minutes; <C>reengagement</C> when a known device
          comes back by a new click.
        </li>
        <li>
          Events wait in local storage, at most 1,000; after that the oldest makes room and <C>onRejected</C> is told.
          They leave together after 5 seconds, or at once when 20 wait or the page is hidden.
        </li>
        <li>
          A failed try is repeated with growing, random pauses; <C>Retry-After</C> is waited out. An event that the
          collector refuses goes to <C>onRejected</C> and is not sent again.
        </li>
        <li>
          <C>event_time</C> is the device’s clock. Where it is so wrong that the collector refuses it, the event goes
          again without it and takes the time of arrival.
        </li>
        <li>
          With <C>requireConsent: true</C> nothing is stored, sent or asked of the device before <C>setConsent(true)</C>
          .
        </li>
      </ul>
    </DocSection>
  )
}
