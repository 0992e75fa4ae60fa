'use client'
import { useEffect } from 'react'
import { applyTheme, type Theme } from '#app/_ui/apply-theme.ts'

const THEMES = ['light', 'dark', 'system'] as const satisfies readonly Theme[]

/** Says a text to screen readers and shows it on the button for a moment. */
function confirmCopy(button: HTMLElement, announcer: HTMLElement | null): void {
  button.dataset.copied = ''
  if (announcer) announcer.textContent = 'Copied'
  setTimeout(() => {
    delete button.dataset.copied
    if (announcer) announcer.textContent = ''
  }, 1600)
}

/** Copies; where the browser refuses (plain http), selects the text, so that one keystroke copies it. */
async function copy(button: HTMLElement): Promise<void> {
  try {
    await navigator.clipboard.writeText(button.dataset.copy ?? '')
    confirmCopy(button, document.getElementById('announcer'))
  } catch {
    const code = button.parentElement?.querySelector('code')
    if (code) getSelection()?.selectAllChildren(code)
  }
}

function onClick(event: MouseEvent): void {
  const target = event.target instanceof Element ? event.target : null
  const copyButton = target?.closest<HTMLElement>('[data-copy]')
  if (copyButton) void copy(copyButton)
  const chosen = target?.closest<HTMLElement>('[data-theme-choice]')?.dataset.themeChoice
  const theme = THEMES.find((name) => name === chosen)
  if (!theme) return
  applyTheme(theme)
  for (const button of document.querySelectorAll<HTMLElement>('[data-theme-choice]'))
    button.setAttribute('aria-pressed', String(button.dataset.themeChoice === theme))
}

/**
 * Everything that the public pages do in the browser: copy buttons and the choice of theme, by one listener on markup that
 * the server has rendered. It keeps the component library, and its weight, out of these pages.
 */
export function Enhance() {
  useEffect(() => {
    document.addEventListener('click', onClick)
    return () => document.removeEventListener('click', onClick)
  }, [])
  return <span id="announcer" role="status" className="sr-only" />
}
