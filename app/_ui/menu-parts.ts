'use client'
import { createContext, use } from 'react'

type Parts = Pick<typeof import('radix-ui/dropdown-menu'), 'Item' | 'CheckboxItem' | 'Label' | 'Separator'>

/** The primitives behind a menu's entries, handed down by the loaded panel, so that callers need not load them. */
export const MenuParts = createContext<Parts | null>(null)

/** @throws Error outside a Menu */
export function useMenuParts(): Parts {
  const parts = use(MenuParts)
  if (!parts) throw new Error('Menu entries belong into a Menu')
  return parts
}
