import type { VNode } from "preact";
import { useState } from "preact/hooks";

import { Field, FormError } from "../parts/Field";
import { PolicyChoice } from "../parts/PolicyChoice";
import { cameras } from "../state/server";
import type { Survey, ViewPolicy } from "../wire";
import { AfterAdding } from "./AfterAdding";
import { BLANK } from "./cameraDraft";
import { addCommand, nameFrom, offeredSource, passwordCommand, proposed, taken, type SignIn } from "./offer";
import { StreamChoice } from "./StreamChoice";
import { StreamTest, useStreamTest } from "./StreamTest";
import { useAdding } from "./useAdding";

interface OfferFormProps {
  survey: Survey;
  /** What the camera calls itself. */
  own: string;
  signIn: SignIn;
}

/** Adding what a camera offers, by streams that a person may choose. */
export function OfferForm({ survey, own, signIn }: OfferFormProps): VNode {
  const streams = survey.profiles;
  const [name, setName] = useState(() => nameFrom(own, survey, cameras.value ?? []));
  const [policy, setPolicy] = useState<ViewPolicy>(BLANK.policy);
  const [choice, setChoice] = useState(() => proposed(streams));
  const test = useStreamTest();
  const { add, busy, error, clear } = useAdding();
  const source = offeredSource(streams, choice, signIn);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (source) await add({ name: name.trim(), policy, ...source });
  };
  return (
    <>
      <form class="card" onSubmit={submit}>
        <h2>Add it</h2>
        <Field
          label="Name"
          value={name}
          onValue={(next) => {
            setName(next);
            clear();
          }}
          note="Where it stands, as in Front door."
          input={{ required: true }}
        />
        <StreamChoice
          streams={streams}
          choice={choice}
          onTake={(role, index) => {
            setChoice(taken(streams, choice, role, index));
            test.forget();
            clear();
          }}
        />
        {source ? null : <NoStream survey={survey} name={name} username={signIn.username} />}
        <PolicyChoice value={policy} onValue={setPolicy} />
        <StreamTest state={test} source={source} />
        <FormError text={error} />
        <div class="form-actions">
          <button type="submit" class="button button-main" disabled={busy || source === null || name.trim() === ""}>
            {busy ? "Adding" : "Add camera"}
          </button>
          <a class="button button-plain" href="/">
            Cancel
          </a>
        </div>
      </form>
      {signIn.username === "" ? null : <NobodysPassword name={name} address={survey.address} />}
      <AfterAdding counts={policy === "counts-only"} />
    </>
  );
}

interface NoStreamProps {
  survey: Survey;
  name: string;
  username: string;
}

/** Why nothing can be recorded, and what to do. */
function NoStream({ survey, name, username }: NoStreamProps): VNode {
  if (survey.profiles.some(({ withheld }) => withheld)) {
    return (
      <p class="form-error">
        This camera puts a password into the addresses of its streams, and the console shows none. Add it on the machine that runs
        watchglass: <code>{addCommand(name.trim() || "Front door", survey.address, username)}</code>
      </p>
    );
  }
  return (
    <p class="form-error">
      It offers no stream that can be recorded: choose H.264 or H.265 for one of them in its settings, then ask it again.
    </p>
  );
}

/** What only the command line does. */
function NobodysPassword({ name, address }: { name: string; address: string }): VNode {
  return (
    <details class="card more">
      <summary>A password that nobody knows</summary>
      <p>
        After adding it, watchglass can give the camera a random password, with this command on the machine that it runs on (and
        with <code>--data</code> if you start it so):
      </p>
      <p>
        <code>{passwordCommand(name.trim() || "Front door", address)}</code>
      </p>
      <p>
        Then nobody knows the password, you included: only watchglass signs in, and the way back is the camera's factory reset. The
        user name above must have the right to change passwords on the camera.
      </p>
    </details>
  );
}
