import type { ComponentChildren, VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface MenuProps {
  summary: ComponentChildren;
  children: ComponentChildren;
  /** For whoever does not see the summary; else what is written there. */
  label?: string;
  class?: string;
}

/** What opens below a word in the bar. Escape, a choice, and whatever happens elsewhere close it. */
export function Menu({ summary, children, label, class: look }: MenuProps): VNode {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      const details = menu.current;
      if (!details?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        details.querySelector("summary")?.focus();
      } else if (event.target instanceof Node && details.contains(event.target)) return;
      details.open = false;
    };
    const events = ["pointerdown", "focusin", "keydown"];
    for (const name of events) document.addEventListener(name, close);
    return () => {
      for (const name of events) document.removeEventListener(name, close);
    };
  }, []);
  const chosen = (event: Event): void => {
    if (menu.current && event.target instanceof Element && event.target.closest("a")) menu.current.open = false;
  };
  return (
    <details class={look ? `menu ${look}` : "menu"} ref={menu}>
      <summary {...(label ? { "aria-label": label } : {})}>{summary}</summary>
      <div class="menu-list" onClick={chosen}>
        {children}
      </div>
    </details>
  );
}
