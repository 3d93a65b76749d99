import type { VNode } from "preact";

import { nowUs } from "../time/clock";
import type { Health } from "../wire";
import { healthWord, sentence, sinceWords } from "../words";

export function Dot({ state }: { state: Health["state"] }): VNode {
  return <span class={`dot dot-${state}`} role="img" aria-label={healthWord(state)} />;
}

/** "Down since 14:03 (12 min). The camera refuses the password." */
export function HealthWords({ health }: { health: Health }): VNode {
  return (
    <>
      {sinceWords(healthWord(health.state), health.since_us, nowUs())}
      {health.cause ? `. ${sentence(health.cause)}` : null}
    </>
  );
}
