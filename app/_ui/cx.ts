import { type ClassValue, clsx } from 'clsx'

/**
 * Joins class names. Primitives keep their look in the components layer of theme.css, so a utility given by the caller wins
 * without a merge step in the browser.
 */
export function cx(...values: ClassValue[]): string {
  return clsx(values)
}
