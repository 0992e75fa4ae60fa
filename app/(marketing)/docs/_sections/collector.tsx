import { Code } from '../../_components/code.tsx'
import { ANSWERS, EVENT_FIELDS, REFUSALS } from '../../_content/reference.ts'
import { MIXED_ANSWER, serverTouchpoints } from '../../_content/samples.ts'
import { C, DocHeading, DocSection, DocTable } from '../_components/parts.tsx'

/** Every field of an event. */
export function EventFields() {
  return (
    <DocSection id="event-fields" title="Event fields">
      <p>
        An event is a flat JSON object. <C>null</C> is the same as leaving a field out.
      </p>
      <DocTable
        caption="Fields of an event"
        head={['Field', 'Type', 'Meaning']}
        rows={EVENT_FIELDS.map(({ names, type, text }) => ({
          key: names.join(),
          cells: [
            <span key="names" className="flex flex-col items-start gap-1">
              {names.map((name) => (
                <C key={name}>{name}</C>
              ))}
            </span>,
            type,
            text,
          ],
        }))}
      />
    </DocSection>
  )
}

/** HTTP answers and reasons for refusals. */
export function Answers() {
  return (
    <DocSection id="answers" title="Answers and refusals">
      <DocTable
        caption="HTTP answers of the collector"
        head={['Status', 'Meaning']}
        rows={ANSWERS.map(({ status, text }) => ({ key: status, cells: [<C key="status">{status}</C>, text] }))}
      />
      <p>A batch with one good and one bad event is 202, and says which one was refused:</p>
      <Code snippets={[{ title: 'Answer', code: JSON.stringify(MIXED_ANSWER, null, 2) }]} />
      <p>
        Refused events are kept with the reason and shown in the console under Rejected. Errors of a whole request look
        the same everywhere:
      </p>
      <Code
        snippets={[
          {
            title: 'Error',
            code: '{ "error": { "code": "unauthorized", "message": "…", "request_id": "req_…" } }',
          },
        ]}
      />
      <DocHeading>Reasons</DocHeading>
      <DocTable
        caption="Codes of refused events"
        head={['Code', 'Meaning']}
        rows={Object.entries(REFUSALS).map(([code, text]) => ({ key: code, cells: [<C key="code">{code}</C>, text] }))}
      />
    </DocSection>
  )
}

/** Clicks and views that networks report from server to server. */
export function Touchpoints({ collector }: { collector: string }) {
  return (
    <DocSection id="touchpoints" title="Touchpoints from servers">
      <p>
        Networks that do not use a tracking link report clicks and views themselves, with a secret key that has the
        scope <C>touchpoints:write</C>. Answers are the same as for events.
      </p>
      <Code snippets={[{ title: 'curl', code: serverTouchpoints(collector) }]} />
      <p>
        <C>touchpoint_type</C> is <C>click</C> or <C>view</C>. Give <C>link_id</C>, or <C>media_source</C> with{' '}
        <C>campaign</C>, <C>ad_set</C>, <C>ad</C>, <C>creative</C> and <C>site_id</C>. The device is named by{' '}
        <C>advertising_id</C>, <C>idfv</C> or <C>customer_user_id</C>; an install whose <C>click_id</C> or referrer
        names the <C>touchpoint_id</C> matches, too. A touchpoint that arrives after the install was decided makes the
        install be decided again.
      </p>
      <p>
        <C>is_retargeting</C> says that the ad aimed at people who have, or had, the app; without it the link’s own
        setting counts. Such a touchpoint may earn a re-engagement or a re-attribution. <C>claimed_device_id</C> is for
        networks that attribute by themselves: the <C>device_id</C> of the install that they claim.
      </p>
    </DocSection>
  )
}
