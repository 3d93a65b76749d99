import type { VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { FormError } from "../parts/Field";
import { useAction } from "../state/useAction";
import { nowUs } from "../time/clock";
import { moment } from "../time/format";
import type { Alerting } from "../wire";
import { SNOOZES } from "./alerts";

/** Keeps a rule quiet for a while: its alerts are on the console alone. */
export function Snooze({ rule, name, onSaid }: { rule: number; name: string; onSaid: (text: string) => void }): VNode {
  const [open, setOpen] = useState(false);
  const id = useId();
  const button = useRef<HTMLButtonElement>(null);
  const first = useRef<HTMLButtonElement>(null);
  const { run, busy, error } = useAction<Alerting>();
  useEffect(() => {
    if (open) first.current?.focus();
  }, [open]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  const snooze = async (us: number): Promise<void> => {
    const untilUs = nowUs() + us;
    const done = await run(() => api.changeAlerting(rule, { snoozed_until_us: Math.round(untilUs) }));
    if (!done) return;
    close();
    onSaid(`${name} is snoozed until ${moment(untilUs, nowUs())}: its alerts are on this page alone.`);
  };
  return (
    <div
      class="snooze"
      onKeyDown={(event) => {
        if (event.key === "Escape" && open) close();
      }}
    >
      <button ref={button} type="button" class="button button-small button-plain" aria-expanded={open} aria-controls={id} onClick={() => setOpen(!open)}>
        Snooze the rule<span class="sr-only"> {name}</span>
      </button>
      <div id={id} class="snooze-choice" role="group" aria-label={`Snooze ${name} for`} hidden={!open}>
        {SNOOZES.map(({ us, text }, place) => (
          <button key={text} {...(place === 0 ? { ref: first } : {})} type="button" class="button button-small" disabled={busy} onClick={() => void snooze(us)}>
            {text}
          </button>
        ))}
      </div>
      <FormError text={error} />
    </div>
  );
}

interface SnoozedProps {
  rule: number;
  name: string;
  untilUs: number;
  now: number;
  onSaid: (text: string) => void;
}

/** That a rule is snoozed, and a button that ends it. */
export function Snoozed({ rule, name, untilUs, now, onSaid }: SnoozedProps): VNode {
  const { run, busy, error } = useAction<Alerting>();
  const wake = async (): Promise<void> => {
    if (!(await run(() => api.changeAlerting(rule, { snoozed_until_us: null })))) return;
    onSaid(`${name} is not snoozed any more.`);
    // What was pressed goes: keyboards go on from the page.
    document.getElementById("main")?.focus();
  };
  return (
    <li class="snoozed">
      <span>
        <strong>{name}</strong> is snoozed until {moment(untilUs, now)}: its alerts are on this page alone.
      </span>
      <button type="button" class="button button-small" disabled={busy} onClick={() => void wake()}>
        End snooze<span class="sr-only"> of {name}</span>
      </button>
      <FormError text={error} />
    </li>
  );
}
