import type { VNode } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { Field, FormError } from "../parts/Field";
import { cameras } from "../state/server";
import type { Camera, FoundCamera } from "../wire";
import { addedWords, chosenFrom, foundWords, inOrder, shownAddress, type Chosen } from "./found";
import { found } from "./memory";

const SECONDS = 5; // cameras answer at once; some are asked again, as UDP loses packets

interface FindProps {
  onChoose: (chosen: Chosen) => void;
}

/** Cameras that say by themselves what they are: those that answer in the networks, and one at an address that is known. */
export function FindCameras({ onChoose }: FindProps): VNode {
  return (
    <div class="card">
      <h2>Find cameras</h2>
      <p class="card-note">
        Most network cameras speak ONVIF and tell what they offer. Asking takes {SECONDS} seconds and changes nothing on them.
      </p>
      <Search onChoose={onChoose} />
      <ByDevice onChoose={onChoose} />
    </div>
  );
}

function Search({ onChoose }: FindProps): VNode {
  const [passed, setPassed] = useState<number | null>(null);
  const [error, setError] = useState<string | null>(null);
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const searching = passed !== null;

  const search = async (): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setError(null);
    setPassed(0);
    const begun = performance.now();
    const timer = setInterval(() => setPassed(Math.min(SECONDS, (performance.now() - begun) / 1000)), 200);
    try {
      found.value = await api.discover(SECONDS, abort.signal);
    } catch (failure) {
      if (abort.signal.aborted) return;
      found.value = null;
      setError(failure instanceof Error ? failure.message : "Cameras could not be looked for.");
    } finally {
      clearInterval(timer);
      setPassed(null);
    }
  };

  return (
    <div class="search" aria-busy={searching}>
      {/* Never disabled: whoever pressed it with the keyboard would lose their place. */}
      <button type="button" class="button button-main" aria-disabled={searching} onClick={() => (searching ? undefined : void search())}>
        {searching ? "Looking for cameras" : found.value ? "Search again" : "Find cameras"}
      </button>
      {searching ? <progress class="search-progress" max={SECONDS} value={passed} aria-label="Time passed of the search" /> : null}
      <FormError text={error} />
      <p class="search-result" role="status">
        {searching ? "Cameras in the networks of the server are asked." : found.value?.length ? foundWords(found.value, cameras.value ?? []) : ""}
        {!searching && found.value?.length === 0 ? <Nobody /> : null}
      </p>
      {!searching && found.value?.length ? <FoundList found={found.value} known={cameras.value ?? []} onChoose={onChoose} /> : null}
    </div>
  );
}

function Nobody(): VNode {
  return (
    <>
      <strong>No camera answered.</strong> Some have ONVIF switched off until somebody allows it in their settings, and none is
      heard from another network. If you know a camera's address, enter it here.
    </>
  );
}

interface FoundListProps extends FindProps {
  found: FoundCamera[];
  known: Camera[];
}

function FoundList({ found, known, onChoose }: FoundListProps): VNode {
  const id = useId();
  return (
    <ul class="found-cameras" aria-label="Cameras that answered">
      {inOrder(found, known).map((one, index) => {
        const added = addedWords(one.address, known, found);
        return (
          <li key={one.address}>
            <div class="found-camera" id={`${id}-${index}`}>
              <strong>{one.name || one.model || "A camera without a name"}</strong>
              {one.model && one.name ? <span class="muted">{one.model}</span> : null}
              <span class="address">{shownAddress(one.address)}</span>
              {added ? <span class="found-added">{added}</span> : null}
            </div>
            <button
              type="button"
              class="button button-small"
              aria-describedby={`${id}-${index}`}
              onClick={() => onChoose({ address: one.address, name: one.name, model: one.model, username: "", password: "" })}
            >
              Choose
            </button>
          </li>
        );
      })}
    </ul>
  );
}

/** The address of a camera that does not answer when all are asked. */
function ByDevice({ onChoose }: FindProps): VNode {
  const [typed, setTyped] = useState("");
  const [problem, setProblem] = useState<string | null>(null);
  const submit = (event: Event): void => {
    event.preventDefault();
    const chosen = chosenFrom(typed);
    if (typeof chosen === "string") setProblem(chosen);
    else onChoose(chosen);
  };
  return (
    <form class="by-device" onSubmit={submit} noValidate>
      <Field
        label="Address of one that does not answer"
        value={typed}
        onValue={(next) => {
          setTyped(next);
          setProblem(null);
        }}
        note="A host such as 192.168.1.64, host:port, or its http:// address."
        error={problem}
        input={{ inputMode: "url" }}
      />
      <button type="submit" class="button">
        Continue
      </button>
    </form>
  );
}
