import type { ComponentChildren, VNode } from "preact";

import { GoneBanner } from "./GoneBanner";
import { Logo } from "./icons";

/** The plain page before anybody is signed in: logo, one card, one promise. */
export function Gate({ title, children }: { title: string; children: ComponentChildren }): VNode {
  return (
    <>
      <GoneBanner />
      <main class="gate">
        <div class="gate-brand">
          <Logo />
          <span class="brand-name">watchglass</span>
        </div>
        <div class="card">
          <h1>{title}</h1>
          {children}
        </div>
        <p class="gate-promise">Sees what happens, never who.</p>
      </main>
    </>
  );
}
