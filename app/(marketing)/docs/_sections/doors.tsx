import { endpointSnippets } from '#app/_lib/endpoint-snippets.ts'
import { Code } from '../../_components/code.tsx'
import { PLACEHOLDER } from '../../_content/samples.ts'
import { C, DocSection, DocTable } from '../_components/parts.tsx'

const ADDRESSES = [
  [
    'Segment',
    'POST /v1/track, identify, page, screen, alias, group, batch, import',
    'An ingest key is the write key. Application Installed is install, Application Opened is session_start.',
  ],
  [
    'AppsFlyer',
    'POST /inappevent/{app_id}',
    'The key in the header authentication; the App Store id with or without id before it.',
  ],
  [
    'Adjust',
    '/event, /session, /ad_revenue',
    'GET or form. The app settings say what app and event tokens mean; without a name an event is adjust_<token>.',
  ],
] as const

/** Addresses that answer as other vendors' do, for those who switch. */
export function Doors({ collector }: { collector: string }) {
  return (
    <DocSection id="doors" title="Coming from Segment, AppsFlyer or Adjust">
      <p>
        Libraries and servers that call these APIs need another address and a key of ours, no other code. What they send
        is checked, counted once and attributed like every event; the app settings show the snippets filled in.
      </p>
      <DocTable
        caption="Compatible endpoints of the collector"
        head={['From', 'Address', 'Good to know']}
        rows={ADDRESSES.map(([name, address, text]) => ({
          key: name,
          cells: [name, <C key="address">{address}</C>, text],
        }))}
      />
      <Code
        snippets={endpointSnippets({
          collectorUrl: collector,
          appId: PLACEHOLDER.appId,
          storeName: 'com.example.game',
          ingestKey: PLACEHOLDER.ingestKey,
          adjustToken: null,
          adjustEvent: null,
        })}
      />
      <p>
        Only a secret key makes the address believed that a server names as the device’s. In a batch of Segment’s,
        refused messages are listed in <C>rejected</C> beside <C>success</C>, because its libraries throw a whole batch
        away at an error; all of them are kept as rejected events.
      </p>
    </DocSection>
  )
}
