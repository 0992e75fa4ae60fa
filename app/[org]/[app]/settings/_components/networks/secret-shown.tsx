import { Notice } from '#app/_ui/badge.tsx'
import { Button } from '#app/_ui/button.tsx'
import { CopyField } from '#app/_ui/copy.tsx'
import { Dialog } from '#app/_ui/dialog.tsx'

/** A network's new secret, this once. */
export function SecretShown({ secret, note, onClose }: { secret: string; note: string; onClose: () => void }) {
  return (
    <Dialog
      open
      onOpenChange={(open) => {
        if (!open) onClose()
      }}
      title="Give this secret to the network"
      description="It is shown this once. The network checks with it that questions come from you."
      footer={
        <Button variant="primary" onClick={onClose}>
          Done
        </Button>
      }
    >
      <div className="flex flex-col gap-3">
        <CopyField value={secret} label="Copy the network’s secret" />
        <Notice>{note}</Notice>
      </div>
    </Dialog>
  )
}
