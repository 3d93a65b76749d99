import type { VNode } from "preact";
import { useId } from "preact/hooks";

import { dateAndTime } from "../time/format";
import { dayText, lapseOf, TERMS, type Term } from "./term";

interface TermChoiceProps {
  term: Term;
  onTerm: (term: Term) => void;
  /** What the days are counted from: now, or until when a hold lasts already. */
  afterUs: number;
  /** "7 days", or "7 days more". */
  more?: boolean;
  problem: string | null;
}

/** Until when: some days, or a day of one's own. */
export function TermChoice({ term, onTerm, afterUs, more, problem }: TermChoiceProps): VNode {
  const id = useId();
  const ownDay = "day" in term;
  return (
    <fieldset class="field choice-field">
      <legend>Until when</legend>
      {TERMS.map((days) => (
        <label key={days}>
          <input type="radio" name={id} checked={!ownDay && term.days === days} onChange={() => onTerm({ days })} />
          <span>
            {days} days{more ? " more" : ""} <span class="muted">until {dateAndTime(lapseOf({ days }, afterUs) ?? afterUs)}</span>
          </span>
        </label>
      ))}
      <label>
        <input type="radio" name={id} checked={ownDay} onChange={() => onTerm({ day: "" })} />
        <span>A date</span>
      </label>
      {ownDay ? (
        <div class="term-day">
          <input
            type="date"
            aria-label="Last day"
            aria-describedby={`${id}-day`}
            aria-invalid={term.day !== "" && problem !== null}
            min={dayText(afterUs)}
            max="9999-12-31"
            required
            value={term.day}
            onInput={(event) => onTerm({ day: event.currentTarget.value })}
          />
          {term.day !== "" && problem !== null ? (
            <p class="field-error" id={`${id}-day`}>
              {problem}
            </p>
          ) : (
            <p class="field-note" id={`${id}-day`}>
              It lasts to the end of that day.
            </p>
          )}
        </div>
      ) : null}
    </fieldset>
  );
}
