'use client'
import { type SubmitEvent, useEffect, useRef, useState } from 'react'
import { describeError } from '#app/_ui/states.tsx'

/** What a form shows and spreads onto itself. */
export interface Submission {
  /** For the form element. Forms keep `method="post"`, so that a submit before hydration leaves no password in the address. */
  form: {
    ref: React.RefObject<HTMLFormElement | null>
    method: 'post'
    noValidate: true
    onSubmit: (event: SubmitEvent<HTMLFormElement>) => void
  }
  pending: boolean
  /** true until the page can handle a submit; the button waits for it. */
  loading: boolean
  /** The message of one field, by the name the server gave. */
  fieldError: (name: string) => string | undefined
  /** The message that belongs to no field of this form. */
  formError: string | undefined
}

/**
 * A form's life: sends once at a time, puts the server's message at the field it names, and moves the focus there.
 * @param fields names of the form's fields, as the server names them
 * @param send does the work; what it throws is shown
 */
export function useSubmit(fields: readonly string[], send: (data: FormData) => Promise<void>): Submission {
  const ref = useRef<HTMLFormElement>(null)
  const [loading, setLoading] = useState(true)
  const [pending, setPending] = useState(false)
  const [error, setError] = useState<{ message: string; field: string | undefined }>()
  useEffect(() => setLoading(false), [])
  useEffect(() => {
    if (!error) return
    const selector = error.field ? `[name="${CSS.escape(error.field)}"]` : '[data-form-error]'
    ref.current?.querySelector<HTMLElement>(selector)?.focus()
  }, [error])
  const run = async (data: FormData) => {
    setPending(true)
    setError(undefined)
    try {
      await send(data)
    } catch (thrown) {
      const { message, field } = describeError(thrown)
      setError({ message, field: field && fields.includes(field) ? field : undefined })
    } finally {
      setPending(false)
    }
  }
  return {
    form: {
      ref,
      method: 'post',
      noValidate: true,
      onSubmit: (event) => {
        event.preventDefault()
        if (!pending) void run(new FormData(event.currentTarget))
      },
    },
    pending,
    loading,
    fieldError: (name) => (error?.field === name ? error.message : undefined),
    formError: error && !error.field ? error.message : undefined,
  }
}

/** A text field's value; an absent one is empty. */
export function textOf(data: FormData, name: string): string {
  const value = data.get(name)
  return typeof value === 'string' ? value : ''
}
