import type { MailContent } from '#server/modules/mail/index.ts'
import { env } from '#server/platform/env.ts'

const page = (path: string, query: Record<string, string> = {}) => {
  const url = new URL(path, env().WEB_URL)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return url.href
}

/** To a new address: how to finish signing up. */
export function confirmMail(token: string, code: string): MailContent {
  return {
    subject: `${code} is your UnMoGrowP code`,
    heading: 'Confirm your address',
    paragraphs: [
      'One step is left: confirm that this address is yours. The link and the code work once, for one hour.',
    ],
    button: { label: 'Confirm and continue', url: page('/sign-up/confirm', { token }) },
    code,
    footer:
      'Somebody signed up at UnMoGrowP with this address. If it was not you, ignore this mail: no account is made.',
  }
}

/** To an address that signed up before: the sign-up page answers the same for both. */
export function alreadyMemberMail(): MailContent {
  return {
    subject: 'You already have an UnMoGrowP account',
    heading: 'You already have an account',
    paragraphs: [
      'Somebody, probably you, signed up with this address, but it has an account already. Sign in with your password.',
      `If you forgot it, ask for a new one here: ${page('/forgot-password')}`,
    ],
    button: { label: 'Sign in', url: page('/sign-in') },
    footer: 'If it was not you, ignore this mail: nothing was changed.',
  }
}

/** To a member who asked for a new password. */
export function resetMail(token: string): MailContent {
  return {
    subject: 'Choose a new UnMoGrowP password',
    heading: 'Choose a new password',
    paragraphs: ['The link works once, for one hour. A new password signs you out everywhere.'],
    button: { label: 'Choose a new password', url: page('/reset-password', { token }) },
    footer: 'Somebody asked for this at UnMoGrowP. If it was not you, ignore this mail: your password stays as it is.',
  }
}

/** To an address without an account that asked for a new password: people forget which address they used. */
export function noAccountMail(): MailContent {
  return {
    subject: 'There is no UnMoGrowP account with this address',
    heading: 'No account with this address',
    paragraphs: [
      'Somebody, probably you, asked for a new password, but no account uses this address. Try another of your addresses, or sign up.',
    ],
    button: { label: 'Sign up', url: page('/sign-up') },
    footer: 'If it was not you, ignore this mail: you will not hear from us again.',
  }
}

/** After a password was changed by a mailed link. */
export function passwordChangedMail(): MailContent {
  return {
    subject: 'Your UnMoGrowP password was changed',
    heading: 'Your password was changed',
    paragraphs: ['Every browser that was signed in with the old password is signed out.'],
    button: { label: 'Sign in', url: page('/sign-in') },
    footer: `If it was not you, choose a new password at once: ${page('/forgot-password')}`,
  }
}
