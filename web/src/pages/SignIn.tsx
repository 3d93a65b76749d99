import type { VNode } from "preact";
import { useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError } from "../parts/Field";
import { Gate } from "../parts/Gate";
import { go, route } from "../state/router";
import { enter } from "../state/server";

export function SignIn({ ended }: { ended: boolean }): VNode {
  const [name, setName] = useState("");
  const [password, setPassword] = useState("");
  const [error, setError] = useState<string | null>(null);
  const [busy, setBusy] = useState(false);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    setError(null);
    try {
      const { account } = await api.signIn(name, password);
      if (route.value.page === "setup") go("/", "replace");
      enter(account.name);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "Signing in failed.");
      setPassword("");
      setBusy(false);
    }
  };
  return (
    <Gate title="Sign in">
      {ended ? <p class="form-note">Your session has ended. Sign in again to go on where you were.</p> : null}
      <form onSubmit={submit}>
        <Field
          label="Name"
          value={name}
          onValue={setName}
          input={{ autocomplete: "username", required: true, autofocus: true }}
        />
        <Field
          label="Password"
          value={password}
          onValue={setPassword}
          input={{ type: "password", autocomplete: "current-password", required: true }}
        />
        <FormError text={error} />
        <button type="submit" class="button button-main button-wide" disabled={busy}>
          {busy ? "Signing in" : "Sign in"}
        </button>
      </form>
      <p class="gate-hint">
        Password lost? Reset it on the machine that runs watchglass: <code>watchglass account reset NAME</code>
      </p>
    </Gate>
  );
}
