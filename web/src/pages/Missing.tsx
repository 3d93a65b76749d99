import type { VNode } from "preact";

export function Missing({ text }: { text?: string }): VNode {
  return (
    <section class="page page-narrow">
      <h1>Not found</h1>
      <p class="lead">{text ?? "There is no such page."}</p>
      <p>
        <a class="button" href="/">
          Go to the wall
        </a>
      </p>
    </section>
  );
}
