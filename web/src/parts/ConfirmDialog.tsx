import type { ComponentChildren, RefObject, VNode } from "preact";
import { useId } from "preact/hooks";

import { FormError } from "./Field";

interface ConfirmDialogProps {
  dialog: RefObject<HTMLDialogElement | null>;
  title: string;
  /** What the button does, and what it says meanwhile. */
  action: string;
  acting: string;
  busy: boolean;
  error: string | null;
  onConfirm: () => void;
  children: ComponentChildren;
}

/** Asks once more before something that cannot be undone. `dialog.current.showModal()` opens it. */
export function ConfirmDialog({ dialog, title, action, acting, busy, error, onConfirm, children }: ConfirmDialogProps): VNode {
  const id = useId();
  return (
    <dialog ref={dialog} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      <p>{children}</p>
      <FormError text={error} />
      <div class="form-actions">
        <button type="button" class="button" autofocus onClick={() => dialog.current?.close()}>
          Keep it
        </button>
        <button type="button" class="button button-danger-main" disabled={busy} onClick={onConfirm}>
          {busy ? acting : action}
        </button>
      </div>
    </dialog>
  );
}
