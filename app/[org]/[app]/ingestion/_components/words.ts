/** Codes of the collector and the loader, in words and with what to do about them. Unknown ones are shown as they are. */
const CODES: Record<string, { word: string; advice?: string }> = {
  invalid_json: {
    word: 'Not valid JSON',
    advice: 'Check quotes, commas and brackets; in NDJSON each event stands on one line.',
  },
  invalid_utf8: { word: 'Not valid UTF-8', advice: 'Send the body as UTF-8.' },
  not_an_object: { word: 'Not an object', advice: 'An event is a JSON object, not a text, a number or a list.' },
  missing: { word: 'Field missing', advice: 'Send the field with every event.' },
  wrong_type: { word: 'Wrong type', advice: 'Send the type that the documentation names for the field.' },
  invalid_value: { word: 'Value not allowed' },
  invalid_time: { word: 'Time not readable', advice: 'Write times as RFC 3339 or as Unix milliseconds.' },
  in_future: {
    word: 'Time in the future',
    advice: 'Check the clock of the device or server; more than 24 hours ahead is refused.',
  },
  too_long: { word: 'Text too long' },
  too_large: { word: 'Too large', advice: 'Send less in one event: properties may take 32 KB.' },
  too_deep: { word: 'Nested too deeply', advice: 'Properties may be nested 20 levels deep.' },
  unknown_currency: { word: 'Unknown currency', advice: 'Use a three-letter code of ISO 4217, such as EUR.' },
  unknown_link: { word: 'Unknown link', advice: 'Use the id of a link of this app, as the Links page shows it.' },
  internal: { word: 'Error on our side', advice: 'Quote the rejected id to your operator.' },
  load_failed: {
    word: 'Could not be stored',
    advice: 'The database refused the row. Quote the rejected id to your operator.',
  },
}

/** A code as people read it. */
export function rejectionWord(code: string): string {
  return (Object.hasOwn(CODES, code) ? CODES[code]?.word : undefined) ?? code
}

/** What to do about a code; null where the message says all. */
export function adviceFor(code: string): string | null {
  return (Object.hasOwn(CODES, code) ? CODES[code]?.advice : undefined) ?? null
}

/** Why events were refused although nothing is wrong with them. */
const REFUSED: Record<string, string> = {
  rate_limited: 'Rate limit of the key',
  quota_exceeded: 'Plan used up',
}

/** A reason for refusing as people read it. */
export function refusedWord(reason: string): string {
  return (Object.hasOwn(REFUSED, reason) ? REFUSED[reason] : undefined) ?? reason
}
