import type { VNode } from "preact";

/** Appears after a moment only (in CSS): a quick answer shows no flash of it. */
export function Loading({ text }: { text: string }): VNode {
  return (
    <div class="loading" role="status">
      <span class="loading-line" aria-hidden="true" />
      {text}
    </div>
  );
}
