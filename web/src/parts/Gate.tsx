import type { ComponentChildren, VNode } from "preact";

import { GoneBanner } from "./GoneBanner";
import { Logo } from "./icons";

interface GateProps {
  title: string;
  /** With room for pictures. */
  wide?: boolean;
  children: ComponentChildren;
}

/** The plain page before anybody is signed in: logo, one card, one promise. */
export function Gate({ title, wide, children }: GateProps): VNode {
  return (
    <>
      <GoneBanner />
      <main class="gate">
        <div class="gate-brand">
          <Logo />
          <span class="brand-name">watchglass</span>
        </div>
        <div class={wide ? "card card-wide" : "card"}>
          <h1>{title}</h1>
          {children}
        </div>
        <p class="gate-promise">Sees what happens, never who.</p>
      </main>
    </>
  );
}
