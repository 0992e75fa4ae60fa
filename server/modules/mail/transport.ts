import nodemailer, { type Transporter } from 'nodemailer'
import { env, required } from '#server/platform/env.ts'
import { AppError } from '#server/platform/errors.ts'
import { createLogger } from '#server/platform/logger.ts'
import { type MailContent, renderMail } from './layout.ts'

let open: { url: string; transport: Transporter } | undefined

function transport(): Transporter {
  const url = required('SMTP_URL')
  if (open?.url !== url) {
    open?.transport.close()
    open = {
      url,
      transport: nodemailer.createTransport({
        url,
        pool: true,
        maxConnections: 3,
        connectionTimeout: 10_000,
        greetingTimeout: 10_000,
        socketTimeout: 20_000,
      }),
    }
  }
  return open.transport
}

/**
 * Hands a mail to the configured SMTP server and waits until it has taken it.
 * @param to one address, already validated
 * @throws AppError unavailable when the server does not take it; the reason is in the log only
 */
export async function sendMail(to: string, content: MailContent): Promise<void> {
  const { subject, text, html } = renderMail(content)
  try {
    await transport().sendMail({
      from: env().MAIL_FROM,
      to: { name: '', address: to },
      subject,
      text,
      html,
      headers: { 'Auto-Submitted': 'auto-generated' },
    })
  } catch (cause) {
    createLogger('mail').error({ err: cause }, 'mail was not taken')
    throw new AppError('unavailable', 'The mail could not be sent just now. Try again in a few minutes.', {
      retryAfter: 60,
      cause,
    })
  }
}
