'use client'
import * as Slot from 'radix-ui/slot'
import { type ReactNode, useEffect, useId, useRef, useState } from 'react'
import { createPortal } from 'react-dom'

const DELAY_MS = 250
const MARGIN = 8

/**
 * A short text on hover and focus; Escape hides it. Never the only place of something a touch user needs: Popover is for that.
 * Its own few lines, because it stands on every page and the full machinery would weigh more than the page's figures.
 * @example <Tooltip content="No costs were imported for these days."><button type="button">–</button></Tooltip>
 */
export function Tooltip({ content, children }: { content: ReactNode; children: ReactNode }) {
  const id = useId()
  const trigger = useRef<HTMLElement>(null)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const [place, setPlace] = useState<{ x: number; y: number; above: boolean } | null>(null)
  const show = () => {
    const box = trigger.current?.getBoundingClientRect()
    if (!box) return
    const above = box.top > 80
    const x = Math.min(Math.max(box.left + box.width / 2, 150), window.innerWidth - 150)
    setPlace({ x, y: above ? box.top - MARGIN : box.bottom + MARGIN, above })
  }
  const hide = () => {
    clearTimeout(timer.current)
    setPlace(null)
  }
  useEffect(() => () => clearTimeout(timer.current), [])
  const isOpen = place !== null
  useEffect(() => {
    if (!isOpen) return
    const close = () => setPlace(null)
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'Escape') close()
    }
    window.addEventListener('keydown', onKey)
    window.addEventListener('scroll', close, true)
    return () => {
      window.removeEventListener('keydown', onKey)
      window.removeEventListener('scroll', close, true)
    }
  }, [isOpen])
  return (
    <>
      <Slot.Root
        ref={trigger}
        aria-describedby={place ? id : undefined}
        onPointerEnter={() => {
          clearTimeout(timer.current)
          timer.current = setTimeout(show, DELAY_MS)
        }}
        onPointerLeave={hide}
        onFocus={show}
        onBlur={hide}
      >
        {children}
      </Slot.Root>
      {place &&
        createPortal(
          <div
            role="tooltip"
            id={id}
            style={{ left: place.x, top: place.y, transform: `translate(-50%, ${place.above ? '-100%' : '0'})` }}
            className="ui-pop pointer-events-none fixed w-max max-w-72 px-2.5 py-1.5 text-xs text-balance"
          >
            {content}
          </div>,
          document.body,
        )}
    </>
  )
}
