import type { Message } from './store.ts'

const escapeHtml = (value: string) =>
  value.replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char,
  )

const STYLE = `
:root { color-scheme: light dark; --ink: light-dark(#1b1b18,#eeeeec); --muted: light-dark(#5a5a54,#b5b3ad); --line: light-dark(#e6e6e2,#2d2d2a);
  --canvas: light-dark(#fbfbfa,#111110); --surface: light-dark(#fff,#191918); --accent: light-dark(#2546cc,#a3b6ff) }
* { box-sizing: border-box }
body { margin: 0; font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--canvas) }
main { max-width: 760px; margin: 0 auto; padding: 24px 16px }
h1 { font-size: 20px; margin: 0 0 4px } p { margin: 0 0 16px; color: var(--muted) }
a { color: var(--accent) }
ul { list-style: none; margin: 0; padding: 0; border: 1px solid var(--line); border-radius: 8px; background: var(--surface) }
li + li { border-top: 1px solid var(--line) }
li a { display: block; padding: 12px 16px; color: inherit; text-decoration: none }
li a:hover { background: var(--canvas) } li strong { display: block }
small, time { color: var(--muted); font-size: 13px; overflow-wrap: anywhere }
article { border: 1px solid var(--line); border-radius: 8px; background: var(--surface); padding: 16px }
pre { white-space: pre-wrap; overflow-wrap: anywhere; font: inherit; margin: 16px 0 0 }
iframe { width: 100%; height: 70vh; border: 0; margin-top: 16px; color-scheme: light dark }
summary { cursor: pointer; margin-top: 16px }`

function page(title: string, body: string, nonce: string, script = ''): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(title)}</title>
<style nonce="${nonce}">${STYLE}</style></head><body><main>${body}</main>${script ? `<script nonce="${nonce}">${script}</script>` : ''}</body></html>`
}

/** Looks every two seconds whether a mail arrived, and shows it. */
const refresh = (newest: string) => `
setInterval(async () => {
  try {
    const [first] = await (await fetch('/api/messages')).json();
    if ((first ? first.id : '') !== ${JSON.stringify(newest)}) location.reload();
  } catch {}
}, 2000)`

/** The list of mails, newest first; looks for new ones by itself. */
export function listPage(messages: Message[], nonce: string): string {
  const rows = messages.map(
    ({ id, subject, to, receivedAt }) =>
      `<li><a href="/messages/${escapeHtml(id)}"><strong>${escapeHtml(subject)}</strong><small>To ${escapeHtml(to)} · <time datetime="${escapeHtml(receivedAt)}">${escapeHtml(receivedAt.replace('T', ' ').slice(0, 19))} UTC</time></small></a></li>`,
  )
  const body = `<h1>Inbox</h1><p>Mails that the demo would have sent. They stay on this machine.</p>
${rows.length ? `<ul>${rows.join('')}</ul>` : '<p role="status">No mail yet. Sign up or ask for a new password, and it appears here.</p>'}`
  return page('Inbox', body, nonce, refresh(messages[0]?.id ?? ''))
}

/** One mail: as it looks, and as plain text. */
export function messagePage(message: Message, nonce: string): string {
  const { id, subject, from, to, text, html, receivedAt } = message
  const shown = html
    ? `<iframe title="The mail" src="/messages/${escapeHtml(id)}/html" sandbox="allow-popups allow-top-navigation-by-user-activation"></iframe><details><summary>Plain text</summary><pre>${escapeHtml(text)}</pre></details>`
    : `<pre>${escapeHtml(text)}</pre>`
  return page(
    subject,
    `<p><a href="/">All mails</a></p><article><h1>${escapeHtml(subject)}</h1><small>From ${escapeHtml(from)} to ${escapeHtml(to)} · ${escapeHtml(receivedAt.replace('T', ' ').slice(0, 19))} UTC</small>${shown}</article>`,
    nonce,
  )
}

/** The mail's own HTML for the frame; its links leave the frame. */
export function mailHtml(message: Message): string {
  return message.html.replace(/<head>/i, '<head><base target="_top">')
}
