import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import { cameras } from "../state/server";
import type { Survey } from "../wire";
import { addedWords, shownAddress, type Chosen } from "./found";
import { found, nextSignIn } from "./memory";
import { questionOf, titleOf, type SignIn } from "./offer";
import { OfferForm } from "./OfferForm";
import { SurveyFacts } from "./SurveyFacts";

const PATIENCE = 40; // seconds that the server takes at most

interface OnvifCameraProps {
  chosen: Chosen;
  onBack: () => void;
}

/** One camera: signing in, what it says of itself, and adding it. */
export function OnvifCamera({ chosen, onBack }: OnvifCameraProps): VNode {
  const [signIn, setSignIn] = useState<SignIn>(() =>
    chosen.username === "" && nextSignIn.value ? nextSignIn.value : { username: chosen.username, password: chosen.password },
  );
  const [survey, setSurvey] = useState<Survey | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  // What was pressed has gone: go on reading at the top.
  useEffect(() => heading.current?.focus({ preventScroll: true }), [survey]);
  const title = survey ? titleOf(survey.manufacturer, survey.model) : chosen.name || chosen.model;
  const added = addedWords(chosen.address, cameras.value ?? [], found.value ?? []);
  return (
    <>
      <p class="crumb">
        <button type="button" onClick={onBack}>
          <Icon name="left" /> Add a camera
        </button>
      </p>
      <h1 ref={heading} tabIndex={-1}>
        {title || "A camera"}
      </h1>
      <p class="lead">
        <span class="address">{shownAddress(survey?.address ?? chosen.address)}</span>
        {added ? <span class="found-added"> {added}</span> : null}
      </p>
      {survey ? (
        <>
          <SurveyFacts survey={survey} username={signIn.username} onChange={() => setSurvey(null)} />
          <OfferForm survey={survey} own={chosen.name} signIn={signIn} />
        </>
      ) : (
        <SignInForm address={chosen.address} signIn={signIn} onSignIn={setSignIn} onSurvey={setSurvey} onBack={onBack} />
      )}
    </>
  );
}

interface SignInFormProps {
  address: string;
  signIn: SignIn;
  onSignIn: (signIn: SignIn) => void;
  onSurvey: (survey: Survey) => void;
  onBack: () => void;
}

function SignInForm({ address, signIn, onSignIn, onSurvey, onBack }: SignInFormProps): VNode {
  const [kept, setKept] = useState(nextSignIn.value !== null);
  const [asking, setAsking] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  const set = (change: Partial<SignIn>): void => {
    onSignIn({ ...signIn, ...change });
    setError(null);
  };
  const keep = (wanted: boolean): void => {
    setKept(wanted);
    if (!wanted) nextSignIn.value = null;
  };
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (asking) return;
    const abort = new AbortController();
    running.current = abort;
    setAsking(true);
    setError(null);
    try {
      const survey = await api.survey(questionOf(address, signIn), abort.signal);
      if (kept) nextSignIn.value = signIn;
      onSurvey(survey);
    } catch (failure) {
      if (abort.signal.aborted) return;
      setError(failure instanceof Error ? failure.message : "The camera could not be asked.");
      setAsking(false);
    }
  };

  return (
    <form class="card" onSubmit={submit} aria-busy={asking}>
      <h2>Sign in at the camera</h2>
      <p class="card-note">
        As on its own page. Leave both empty if it asks for nothing. After a few wrong passwords in a row, cameras lock themselves
        for a while.
      </p>
      <fieldset class="plain-fieldset" disabled={asking}>
        <legend class="sr-only">User name and password on the camera</legend>
        <div class="field-row">
          <Field label="User name" optional value={signIn.username} onValue={(username) => set({ username })} />
          <Field
            label="Password"
            optional
            value={signIn.password}
            onValue={(password) => set({ password })}
            input={{ type: "password", autocomplete: "new-password" }}
          />
        </div>
        <label class="check">
          <input type="checkbox" checked={kept} onChange={(event) => keep(event.currentTarget.checked)} />
          <span>Fill these in for the next camera too, until this page is reloaded or you sign out</span>
        </label>
      </fieldset>
      <FormError text={error} />
      <div class="form-actions">
        <button type="submit" class="button button-main" aria-disabled={asking}>
          {asking ? "Asking the camera" : "Ask the camera"}
        </button>
        <button type="button" class="button button-plain" onClick={onBack}>
          {asking ? "Stop" : "Back"}
        </button>
      </div>
      <div class="asking" role="status">
        {asking ? (
          <>
            <span class="picture-line" aria-hidden="true" />
            <p class="muted">What it is, its streams, and what to be warned of. This takes some seconds, {PATIENCE} at most.</p>
          </>
        ) : null}
      </div>
    </form>
  );
}
