import type { VNode } from "preact";
import { useId } from "preact/hooks";

import type { ViewPolicy } from "../wire";
import { POLICIES } from "../words";

interface PolicyChoiceProps {
  value: ViewPolicy;
  onValue: (value: ViewPolicy) => void;
}

/** What may be seen of a camera: each choice with a sentence on what it shows and keeps. */
export function PolicyChoice({ value, onValue }: PolicyChoiceProps): VNode {
  const id = useId();
  return (
    <fieldset class="field policy-field">
      <legend>What may be seen</legend>
      {(Object.keys(POLICIES) as ViewPolicy[]).map((policy) => (
        <label key={policy}>
          <input
            type="radio"
            name={id}
            checked={value === policy}
            aria-describedby={`${id}-${policy}`}
            onChange={() => onValue(policy)}
          />
          <span>{POLICIES[policy].title}</span>
          <span class="field-note" id={`${id}-${policy}`}>
            {POLICIES[policy].detail}
          </span>
        </label>
      ))}
    </fieldset>
  );
}
