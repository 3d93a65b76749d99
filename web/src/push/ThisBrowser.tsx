import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { Field, FormError } from "../parts/Field";
import { useAction } from "../state/useAction";
import type { Channel } from "../wire";
import { standing, switchOff, switchOn, usualName, type Standing } from "./browser";

const WHY: Record<Exclude<Standing, "on" | "off">, string> = {
  unable: "This browser cannot receive alerts while the console is closed.",
  insecure: "Browsers receive alerts only from a console that is opened over HTTPS, or on the machine itself.",
  refused: "This browser was told not to show notifications of the console. Allow them beside its address bar, then load the page again.",
};

/** Lets alerts reach this browser while the console is closed, through the push service of its maker. */
export function ThisBrowser({ channels, onChange }: { channels: Channel[]; onChange: (said: string) => void }): VNode | null {
  const [now, setNow] = useState<Standing | null>(null);
  const [name, setName] = useState(usualName(navigator.userAgent));
  const changing = useAction<unknown>();
  useEffect(() => {
    let here = true;
    void standing(channels).then((found) => here && setNow(found));
    return () => {
      here = false;
    };
  }, [channels]);
  if (now === null) return null;
  const change = (call: () => Promise<void>, said: string): void => {
    void changing.run(async () => {
      await call();
      onChange(said);
    });
  };
  return (
    <section class="card this-browser" aria-labelledby="this-browser">
      <h2 id="this-browser">This browser</h2>
      {now === "on" ? (
        <>
          <p>Alerts reach this browser, also while the console is closed.</p>
          <button type="button" class="button" disabled={changing.busy} onClick={() => change(() => switchOff(channels), "Alerts reach this browser no more.")}>
            Stop them here
          </button>
        </>
      ) : now === "off" ? (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            change(() => switchOn(name), `${name} was added. Send a test to see that it works.`);
          }}
        >
          <p class="field-note">
            Alerts can reach this browser while the console is closed. They are encrypted for it; the push service of its maker, through which they go, learns
            that there was one, and when.
          </p>
          <Field label="Call it" value={name} onValue={setName} input={{ maxLength: 64, required: true }} />
          <button type="submit" class="button" disabled={changing.busy || name.trim() === ""}>
            Receive alerts here
          </button>
        </form>
      ) : (
        <p class="field-note">{WHY[now]}</p>
      )}
      <FormError text={changing.error} />
    </section>
  );
}
