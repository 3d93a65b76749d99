import type { VNode } from "preact";
import { useId } from "preact/hooks";

import type { OfferedStream, StreamRole } from "../wire";
import { streamWords } from "../words";
import { canBe, hindrance, type Choice } from "./offer";

interface StreamChoiceProps {
  streams: OfferedStream[];
  choice: Choice;
  onTake: (role: StreamRole, index: number | null) => void;
}

const ROLES = ["main", "sub"] as const;
const DOES: Record<StreamRole, string> = { main: "Record", sub: "Watch" };

/** The streams that a camera offers, and which of them are taken. */
export function StreamChoice({ streams, choice, onTake }: StreamChoiceProps): VNode {
  const id = useId();
  const radio = (role: StreamRole, index: number | null, words: string, may: boolean): VNode => (
    <label class="stream-role">
      <input
        type="radio"
        name={`${id}-${role}`}
        checked={choice[role] === index}
        disabled={!may}
        aria-label={`${DOES[role]}: ${words}`}
        onChange={() => onTake(role, index)}
      />
      <span aria-hidden="true">{DOES[role]}</span>
    </label>
  );
  return (
    <fieldset class="field stream-field" aria-describedby={`${id}-note`}>
      <legend>Streams</legend>
      <p class="field-note" id={`${id}-note`}>
        One is recorded (the main stream), one is watched (the substream). The small one for watching saves much work.
      </p>
      <ul class="streams">
        {streams.map((stream, index) => {
          const words = `${streamWords(stream)} (${stream.name || "no name"})`;
          const problem = hindrance(stream, "main");
          return (
            <li key={index}>
              <div class="stream-words">
                <span>{streamWords(stream)}</span>
                {stream.name ? <span class="muted">{stream.name}</span> : null}
                {stream.address ? <span class="address">{stream.address}</span> : null}
                {problem ? <span class="field-note">{problem}</span> : null}
              </div>
              {ROLES.map((role) => radio(role, index, words, canBe(streams, choice, role, index)))}
            </li>
          );
        })}
        <li>
          <div class="stream-words">No substream: what is recorded is watched as well</div>
          {radio("sub", null, "what is recorded", true)}
        </li>
      </ul>
    </fieldset>
  );
}
