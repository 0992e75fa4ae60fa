/** What a mail says; rendered as plain text and as HTML with the same words. */
export interface MailContent {
  subject: string
  /** The first line; says what this is about. */
  heading: string
  paragraphs: string[]
  /** The one thing to do. */
  button?: { label: string; url: string }
  /** A code to type instead of following the link. */
  code?: string
  /** Small print: why the mail came, what to do if it was not asked for. */
  footer: string
}

const escapeHtml = (value: string) =>
  value.replace(
    /[&<>"']/g,
    (char) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' })[char] ?? char,
  )

const SANS = "-apple-system,BlinkMacSystemFont,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

/** Renders a mail as text and as HTML that needs no outside resources. */
export function renderMail(content: MailContent): { subject: string; text: string; html: string } {
  const { subject, heading, paragraphs, button, code, footer } = content
  const text = [
    heading,
    ...paragraphs,
    ...(button ? [`${button.label}:\n${button.url}`] : []),
    ...(code ? [`Or type this code: ${code}`] : []),
    `--\n${footer}`,
  ].join('\n\n')
  const html = `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="color-scheme" content="light dark"><title>${escapeHtml(subject)}</title></head>
<body style="margin:0;padding:32px 16px;font-family:${SANS};font-size:16px;line-height:1.5">
<table role="presentation" width="100%" style="max-width:480px;margin:0 auto" cellpadding="0" cellspacing="0"><tr><td>
<p style="margin:0 0 24px;font-weight:600">UnMoGrowP</p>
<h1 style="margin:0 0 16px;font-size:22px;line-height:1.3">${escapeHtml(heading)}</h1>
${paragraphs.map((paragraph) => `<p style="margin:0 0 16px">${escapeHtml(paragraph)}</p>`).join('\n')}
${
  button
    ? `<p style="margin:24px 0"><a href="${escapeHtml(button.url)}" style="display:inline-block;padding:12px 20px;border-radius:8px;background:#3452d1;color:#ffffff;text-decoration:none;font-weight:600">${escapeHtml(button.label)}</a></p>
<p style="margin:0 0 16px;font-size:13px;word-break:break-all">Or open this address: ${escapeHtml(button.url)}</p>`
    : ''
}
${code ? `<p style="margin:0 0 8px">Or type this code:</p><p style="margin:0 0 16px;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:28px;letter-spacing:6px">${escapeHtml(code)}</p>` : ''}
<p style="margin:24px 0 0;padding-top:16px;border-top:1px solid #8885;font-size:13px">${escapeHtml(footer)}</p>
</td></tr></table>
</body>
</html>`
  return { subject, text, html }
}
