import type { VNode } from "preact";
import { useId, useState } from "preact/hooks";

import * as api from "../api";
import { counts } from "../counts/bars";
import { newRow } from "../pages/hours";
import { HoursRows } from "../pages/PrivacyHours";
import { Field, FormError } from "../parts/Field";
import { go } from "../state/router";
import { noteRules, withRule } from "../state/rules";
import { useAction } from "../state/useAction";
import type { Camera, Direction, ObjectClass, Rule, RuleKind } from "../wire";
import { asKind, draftOf, drawn, fieldsOf, has, needs, newDraft, problemOf, type Draft } from "./draft";
import { GroundFields } from "./GroundFields";
import { classesFor, classWord, countLabel, DIRECTIONS, directionWords, KINDS, secondsLabel, WORDS } from "./kinds";
import { Numeral } from "./Numeral";
import { RulePicture, type Aim } from "./RulePicture";

/** Adds a rule, or changes one. */
export function RuleForm({ camera, rule }: { camera: Camera; rule: Rule | null }): VNode {
  const [draft, setDraft] = useState<Draft>(() => (rule ? draftOf(rule) : newDraft("intrusion")));
  const [aim, setAim] = useState<Aim>("points");
  const { run, busy, error } = useAction<Rule>();
  const edit = (change: Partial<Draft>): void => setDraft((before) => ({ ...before, ...change }));
  const zone = (zoned: boolean): void => {
    edit({ zoned });
    setAim(zoned ? "zone" : "points");
  };
  const what = drawn(draft);
  const problem = problemOf(draft);
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault();
    const fields = fieldsOf(draft);
    const saved = await run(() => (rule ? api.changeRule(rule.id, fields) : api.addRule(camera.id, fields)));
    if (!saved) return;
    noteRules(camera.id, (rules) => withRule(rules, saved));
    go(`/camera/${camera.id}`);
  };
  return (
    <form class="rule-form" onSubmit={submit}>
      <div class="rule-picture">
        <RulePicture camera={camera} draft={draft} aim={aim} onAim={setAim} onDraft={edit} />
      </div>
      <div class="rule-fields">
        <KindChoice kind={draft.kind} onKind={(kind) => setDraft(asKind(draft, kind))} />
        <Field label="Name of the rule" value={draft.name} onValue={(name) => edit({ name })} note="As in Gate at night. It stands with each event." input={{ maxLength: 64 }} />
        {has(draft.kind, "calibration") ? <GroundFields draft={draft} onGround={(ground) => edit({ ground })} /> : null}
        {has(draft.kind, "zone") && !needs(draft.kind, "zone") ? (
          <Check label={has(draft.kind, "calibration") ? "In a zone only, not everywhere between the points" : "In a zone only, not in the whole picture"} checked={draft.zoned} onChecked={zone} />
        ) : null}
        {what ? (
          <Field label={`Name of the ${what === "zone" ? "zone" : "line"}`} value={draft.place} onValue={(place) => edit({ place })} input={{ maxLength: 64 }} />
        ) : null}
        {has(draft.kind, "direction") ? <Ways draft={draft} onDirection={(direction) => edit({ direction })} /> : null}
        <Numbers draft={draft} onDraft={edit} />
        <Classes kind={draft.kind} classes={draft.classes} onClasses={(classes) => edit({ classes })} />
        <Hours draft={draft} onDraft={edit} />
        <Check label={counts(draft) ? "Make events. If not, it counts only." : "Make events"} checked={draft.armed} onChecked={(armed) => edit({ armed })} />
        <FormError text={error} />
        <p class="field-note rule-missing" role="status">
          {problem ?? ""}
        </p>
        <div class="form-actions">
          <button type="submit" class="button button-main" disabled={busy || problem !== null}>
            {rule ? "Save" : "Add rule"}
          </button>
          <a class="button" href={`/camera/${camera.id}`}>
            Cancel
          </a>
        </div>
      </div>
    </form>
  );
}

function KindChoice({ kind, onKind }: { kind: RuleKind; onKind: (kind: RuleKind) => void }): VNode {
  const id = useId();
  return (
    <div class="field">
      <label for={id}>What to look for</label>
      <select id={id} value={kind} aria-describedby={`${id}-note`} onChange={({ currentTarget }) => onKind(currentTarget.value as RuleKind)}>
        {KINDS.map((one) => (
          <option key={one} value={one}>
            {WORDS[one].title}
          </option>
        ))}
      </select>
      <p class="field-note" id={`${id}-note`}>
        {WORDS[kind].detail}
      </p>
    </div>
  );
}

function Check({ label, checked, onChecked }: { label: string; checked: boolean; onChecked: (checked: boolean) => void }): VNode {
  return (
    <div class="field choice-field">
      <label>
        <input type="checkbox" checked={checked} onChange={({ currentTarget }) => onChecked(currentTarget.checked)} />
        {label}
      </label>
    </div>
  );
}

function Ways({ draft, onDirection }: { draft: Draft; onDirection: (direction: Direction | null) => void }): VNode {
  const id = useId();
  const { legend, both } = directionWords(draft.kind);
  const choices: [Direction | null, string][] = [
    ...(both === null ? [] : [[null, both] as [null, string]]),
    ["forward", DIRECTIONS.forward],
    ["backward", DIRECTIONS.backward],
  ];
  return (
    <fieldset class="field choice-field">
      <legend>{legend}</legend>
      {choices.map(([direction, words]) => (
        <label key={words}>
          <input type="radio" name={id} checked={draft.direction === direction} onChange={() => onDirection(direction)} />
          {words}
        </label>
      ))}
      <p class="field-note">Forward is from the left of the line to its right, seen from its first end to its second.</p>
    </fieldset>
  );
}

interface PartProps {
  draft: Draft;
  onDraft: (change: Partial<Draft>) => void;
}

function Numbers({ draft, onDraft }: PartProps): VNode {
  const { kind } = draft;
  return (
    <div class="field-row">
      {has(kind, "kmh") ? <Numeral label="Faster than, in km/h" value={draft.kmh} onValue={(kmh) => onDraft({ kmh })} /> : null}
      <Numeral label="Least score, in per cent" value={draft.threshold} note="60 as a rule. Less finds more, and more that is not there." onValue={(threshold) => onDraft({ threshold })} />
      {has(kind, "count") ? (
        <Numeral label={countLabel(kind)} optional={!needs(kind, "count")} value={draft.count} onValue={(count) => onDraft({ count })} />
      ) : null}
      {has(kind, "seconds") ? (
        <Numeral label={secondsLabel(kind)} optional={!needs(kind, "seconds")} value={draft.seconds} onValue={(seconds) => onDraft({ seconds })} />
      ) : null}
    </div>
  );
}

interface ClassesProps {
  kind: RuleKind;
  classes: ObjectClass[];
  onClasses: (classes: ObjectClass[]) => void;
}

function Classes({ kind, classes, onClasses }: ClassesProps): VNode | null {
  const known = classesFor(kind);
  if (known.length === 0) return null;
  return (
    <fieldset class="field choice-field">
      <legend>What it is about</legend>
      <div class="rule-classes">
        {known.map((name) => (
          <label key={name}>
            <input
              type="checkbox"
              checked={classes.includes(name)}
              onChange={({ currentTarget }) => onClasses(known.filter((one) => (one === name ? currentTarget.checked : classes.includes(one))))}
            />
            {classWord(name)}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Hours({ draft, onDraft }: PartProps): VNode {
  const { hours } = draft;
  return (
    <fieldset class="field">
      <legend>Hours</legend>
      <p class="field-note">
        {hours.length === 0 ? "Day and night." : "By the clock of the machine that records."}
      </p>
      <HoursRows rows={hours} onRows={(rows) => onDraft({ hours: rows })} />
      <div>
        <button type="button" class="button button-small" onClick={() => onDraft({ hours: [...hours, newRow()] })}>
          {hours.length === 0 ? "In certain hours only" : "Add hours"}
        </button>
      </div>
    </fieldset>
  );
}
