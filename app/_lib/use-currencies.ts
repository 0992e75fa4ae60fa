'use client'
import { useEffect, useState } from 'react'

/**
 * Every currency the browser can name, and `own` in any case. Only `own` at first: the server's names may
 * differ from the browser's, and the two must render the same.
 */
export function useCurrencies(own: string): { code: string; name: string }[] {
  const [currencies, setCurrencies] = useState([{ code: own, name: '' }])
  useEffect(() => {
    const names = new Intl.DisplayNames('en', { type: 'currency' })
    const codes = new Set([own, ...Intl.supportedValuesOf('currency')])
    setCurrencies([...codes].sort().map((code) => ({ code, name: names.of(code) ?? '' })))
  }, [own])
  return currencies
}
