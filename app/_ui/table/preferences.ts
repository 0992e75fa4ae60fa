'use client'
import { useEffect, useState } from 'react'

export interface TablePreferences {
  compact: boolean
  /** Visibility that differs from the column's default, by column id. */
  columns: Record<string, boolean>
}

const NONE: TablePreferences = { compact: false, columns: {} }

/**
 * What the user chose for one table, kept in this browser.
 * @param key names the table; absent: kept only while the page is open
 */
export function useTablePreferences(key: string | undefined) {
  const [preferences, setPreferences] = useState(NONE)
  const storageKey = key && `table.${key}`
  useEffect(() => {
    if (!storageKey) return
    try {
      const stored = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Partial<TablePreferences> | null
      if (stored) setPreferences({ compact: stored.compact === true, columns: stored.columns ?? {} })
    } catch {
      // An unreadable preference is no reason to fail: the defaults hold.
    }
  }, [storageKey])
  const update = (next: TablePreferences) => {
    setPreferences(next)
    try {
      if (storageKey) localStorage.setItem(storageKey, JSON.stringify(next))
    } catch {
      // Storage may be full or forbidden; the choice then lasts as long as the page.
    }
  }
  return [preferences, update] as const
}
