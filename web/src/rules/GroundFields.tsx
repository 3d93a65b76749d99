import { Fragment, type VNode } from "preact";
import { useId } from "preact/hooks";

import { calibrationProblem, gridOf } from "./calibration";
import { calibrationOf, type Draft } from "./draft";
import { marginWords, withForm, type GroundDraft } from "./ground";
import { Numeral } from "./Numeral";

interface GroundFieldsProps {
  draft: Draft;
  onGround: (ground: GroundDraft) => void;
}

/** Where the four points are on the ground, and how wrong speeds will be by that. */
export function GroundFields({ draft, onGround }: GroundFieldsProps): VNode {
  const id = useId();
  const { ground } = draft;
  const forms: [boolean, string][] = [
    [true, "The points are the corners of a rectangle"],
    [false, "Each point has a place of its own"],
  ];
  return (
    <fieldset class="field ground-fields">
      <legend>Metres on the ground</legend>
      <div class="choice-field">
        {forms.map(([even, words]) => (
          <label key={words}>
            <input type="radio" name={id} checked={ground.rectangle === even} onChange={() => onGround(withForm(ground, even))} />
            {words}
          </label>
        ))}
      </div>
      {ground.rectangle ? (
        <div class="ground-lengths">
          <Numeral label="From 1 to 2, in metres" value={ground.wide} onValue={(wide) => onGround({ ...ground, wide })} />
          <Numeral label="From 2 to 3, in metres" value={ground.long} onValue={(long) => onGround({ ...ground, long })} />
        </div>
      ) : (
        <Places ground={ground} onGround={onGround} />
      )}
      <p class="field-note">Measure with a tape, or by lane markings whose length you know; paces will not do. The ground must be flat.</p>
      <Said draft={draft} />
    </fieldset>
  );
}

function Places({ ground, onGround }: { ground: GroundDraft; onGround: (ground: GroundDraft) => void }): VNode {
  const edit = (index: number, place: [string, string]): void =>
    onGround({ ...ground, places: ground.places.map((one, i) => (i === index ? place : one)) });
  return (
    <>
      <div class="ground-places">
        <span aria-hidden="true" />
        <span aria-hidden="true">Across</span>
        <span aria-hidden="true">Ahead</span>
        {ground.places.map(([x, y], index) => (
          <Fragment key={index}>
            <span aria-hidden="true">Point {index + 1}</span>
            <Numeral inColumn signed label={`Point ${index + 1}, metres across`} value={x} onValue={(value) => edit(index, [value, y])} />
            <Numeral inColumn signed label={`Point ${index + 1}, metres ahead`} value={y} onValue={(value) => edit(index, [x, value])} />
          </Fragment>
        ))}
      </div>
      <p class="field-note">From any spot on the ground that you choose: there both are 0, and on its other side less than 0.</p>
    </>
  );
}

/** What the grid shows, and the error that the system will state. */
function Said({ draft }: { draft: Draft }): VNode {
  const calibration = calibrationOf(draft);
  const whole = calibration !== null && calibrationProblem(calibration) === null;
  const margin = whole ? marginWords(calibration, Number(draft.kmh)) : null;
  return (
    <div class="ground-said" role="status">
      {whole ? <p>The picture shows squares of {gridOf(calibration).step} m: they must lie on the ground as tiles would.</p> : null}
      {margin ? <p>{margin.text}</p> : null}
      {margin?.advice ? <p class="ground-advice">{margin.advice}</p> : null}
    </div>
  );
}
