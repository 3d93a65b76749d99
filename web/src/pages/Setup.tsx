import type { VNode } from "preact";
import { useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError } from "../parts/Field";
import { Gate } from "../parts/Gate";
import { go } from "../state/router";
import { enter, leave } from "../state/server";
import { passwordProblem, repeatProblem } from "./password";

export function Setup({ token }: { token: string }): VNode {
  return token === "" ? <NoToken /> : <SetupForm token={token} />;
}

/** Only who started the server may take it into use: the link is the proof. */
function NoToken(): VNode {
  return (
    <Gate title="Not set up yet">
      <p class="lead">Open the set-up link to make the first account.</p>
      <p>
        The link was printed where the server was started: in the terminal of <code>watchglass up</code>, or in the log of
        its service. It ends in <code>/setup#</code> and a long code, and works once.
      </p>
      <p>Start the server again to get a new link.</p>
    </Gate>
  );
}

function SetupForm({ token }: { token: string }): VNode {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [again, setAgain] = useState("");
  const [tried, setTried] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const weak = passwordProblem(password);
  const different = repeatProblem(password, again);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setTried(true);
    if (name.trim() === "" || weak || different) return;
    setBusy(true);
    setError(null);
    try {
      const { account } = await api.setUp(token, name.trim(), password);
      // The link is used up: keep it out of the history.
      go("/", "replace");
      enter(account.name);
    } catch (failure) {
      setBusy(false);
      if (failure instanceof api.ApiError && failure.status === 409) leave(false);
      else setError(failure instanceof Error ? failure.message : "The account could not be made.");
    }
  };
  return (
    <Gate title="Make the first account">
      <p class="lead">This account may add cameras, see their views and export clips.</p>
      <form onSubmit={submit} noValidate>
        <Field
          label="Name"
          value={name}
          onValue={setName}
          error={tried && name.trim() === "" ? "Enter a name." : null}
          input={{ autocomplete: "username", autofocus: true }}
        />
        <Field
          label="Password"
          value={password}
          onValue={setPassword}
          note="At least 10 characters. A few words that nobody would guess are best."
          error={tried ? weak : null}
          input={{ type: "password", autocomplete: "new-password" }}
        />
        <Field
          label="Password again"
          value={again}
          onValue={setAgain}
          error={tried || again.length >= password.length ? (again === "" && !tried ? null : different) : null}
          input={{ type: "password", autocomplete: "new-password" }}
        />
        <FormError text={error} />
        <button type="submit" class="button button-main button-wide" disabled={busy}>
          {busy ? "Making the account" : "Make the account"}
        </button>
      </form>
      <div class="gate-next">
        <h2>What comes next</h2>
        <ol>
          <li>You are signed in, and this link stops working.</li>
          <li>You add a camera. Until its plate is learnt (about 30 seconds on an ordinary street) its view stays covered.</li>
          <li>From then on you see the street live, with each person as a flat silhouette, and the view is kept.</li>
        </ol>
        <p>Nobody can see who a person is, you included. That is not a setting.</p>
      </div>
    </Gate>
  );
}
