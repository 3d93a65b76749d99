import type { VNode } from "preact";
import { useRef } from "preact/hooks";

import * as api from "../api";
import { ConfirmDialog } from "../parts/ConfirmDialog";
import { FormError } from "../parts/Field";
import { Icon } from "../parts/icons";
import { noteRules, rulesFailed, useRules, withRule } from "../state/rules";
import { useAction } from "../state/useAction";
import type { Camera, Rule } from "../wire";
import { kindTitle } from "./kinds";
import { ruleWords } from "./words";

/** What somebody wants to be told of, and to have counted, at a camera. */
export function RulesPanel({ camera }: { camera: Camera }): VNode {
  const rules = useRules(camera.id);
  return (
    <section class="panel" aria-labelledby="rules-title">
      <div class="panel-head">
        <h2 id="rules-title">Rules</h2>
        <a class="button button-small" href={`/camera/${camera.id}/rules/new`}>
          <Icon name="plus" /> Add a rule
        </a>
      </div>
      {rules === null ? (
        <p class="panel-note">{rulesFailed.value ? "They could not be loaded. Trying again." : "Loading"}</p>
      ) : rules.length === 0 ? (
        <p class="panel-note">None yet: nothing makes events, and nothing is counted. A rule says what to look for, and where.</p>
      ) : (
        <ul class="rule-list" aria-label="Rules">
          {rules.map((rule) => (
            <RuleRow key={rule.id} rule={rule} />
          ))}
        </ul>
      )}
      <p class="panel-note">
        <a href={`/events?camera=${camera.id}`}>Events of this camera</a>
      </p>
    </section>
  );
}

function RuleRow({ rule }: { rule: Rule }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const change = useAction<Rule>();
  const removal = useAction<true>();
  const turn = async (): Promise<void> => {
    const told = await change.run(() => api.changeRule(rule.id, { enabled: !rule.enabled }));
    if (told) noteRules(rule.camera, (rules) => withRule(rules, told));
  };
  const remove = async (): Promise<void> => {
    const done = await removal.run(async () => {
      await api.removeRule(rule.id);
      return true;
    });
    if (!done) return;
    dialog.current?.close();
    noteRules(rule.camera, (rules) => rules.filter(({ id }) => id !== rule.id));
  };
  return (
    <li class="rule" aria-label={rule.name} data-off={!rule.enabled}>
      <div class="rule-head">
        <h3>{rule.name}</h3>
        <button type="button" class="switch" role="switch" aria-checked={rule.enabled} aria-label={`Rule ${rule.name}`} disabled={change.busy} onClick={turn}>
          <span class="switch-knob" aria-hidden="true" />
          <span aria-hidden="true">{rule.enabled ? "On" : "Off"}</span>
        </button>
      </div>
      <p>{kindTitle(rule.kind)}</p>
      <p class="muted">{ruleWords(rule)}</p>
      <FormError text={change.error} />
      <div class="rule-actions">
        <a class="button button-small" href={`/camera/${rule.camera}/rules/${rule.id}`}>
          Edit<span class="sr-only"> {rule.name}</span>
        </a>
        <a class="button button-small" href={`/camera/${rule.camera}/rules/${rule.id}/alerts`}>
          Alerts<span class="sr-only"> of {rule.name}</span>
        </a>
        <button type="button" class="button button-small button-danger" onClick={() => dialog.current?.showModal()}>
          Remove<span class="sr-only"> {rule.name}</span>
        </button>
      </div>
      <ConfirmDialog
        dialog={dialog}
        title={`Remove ${rule.name}?`}
        action="Remove"
        acting="Removing"
        busy={removal.busy}
        error={removal.error}
        onConfirm={remove}
      >
        It makes no events any more, and counts nothing. What it saw and counted before stays.
      </ConfirmDialog>
    </li>
  );
}
