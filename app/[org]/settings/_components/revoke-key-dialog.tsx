'use client'
import { TypedConfirm } from '#app/_ui/typed-confirm.tsx'

/** Asks for the key's name, because a revoked key cannot be brought back. */
export function RevokeKeyDialog({
  name,
  pending,
  error,
  onClose,
  onRevoke,
}: {
  name: string
  pending: boolean
  error: unknown
  onClose: () => void
  onRevoke: () => void
}) {
  return (
    <TypedConfirm
      title={`Revoke “${name}”`}
      description="Requests with this key are refused within a second. It cannot be brought back."
      word={name}
      action="Revoke key"
      pending={pending}
      error={error}
      onClose={onClose}
      onConfirm={onRevoke}
    />
  )
}
