import type { VNode } from "preact";
import { useId } from "preact/hooks";

interface NumeralProps {
  label: string;
  value: string;
  note?: string;
  optional?: boolean;
  /** Whether it may be less than nothing. */
  signed?: boolean;
  /** Whether its label is heard alone: a heading of its column shows it. */
  inColumn?: boolean;
  onValue: (value: string) => void;
}

/** A labelled number, as it is typed. */
export function Numeral({ label, value, note, optional, signed, inColumn, onValue }: NumeralProps): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id} class={inColumn ? "sr-only" : ""}>
        {label}
        {optional ? <span class="field-optional"> (optional)</span> : null}
      </label>
      <input id={id} type="number" step="any" {...(signed ? {} : { min: "0" })} value={value} onInput={({ currentTarget }) => onValue(currentTarget.value)} />
      {note ? <p class="field-note">{note}</p> : null}
    </div>
  );
}
