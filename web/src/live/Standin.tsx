import type { VNode } from "preact";

/** In place of a picture: why there is none. */
export function Standin({ title, detail, quiet }: { title: string; detail: string; quiet?: boolean }): VNode {
  return (
    <div class={quiet ? "standin standin-quiet" : "standin"}>
      <strong>{title}</strong>
      {detail ? <span>{detail}</span> : null}
    </div>
  );
}
