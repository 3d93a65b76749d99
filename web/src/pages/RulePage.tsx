import type { VNode } from "preact";

import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { RuleForm } from "../rules/RuleForm";
import { cameraById, cameras } from "../state/server";
import { useRules } from "../state/rules";
import type { Camera } from "../wire";
import { Missing } from "./Missing";

/** One rule of a camera, drawn and filled in; `rule` null: a new one. */
export function RulePage({ id, rule }: { id: number; rule: number | null }): VNode {
  const camera = cameraById(id);
  if (camera) return rule === null ? <Screen camera={camera} number={null} /> : <Known camera={camera} number={rule} />;
  return cameras.value ? <Missing text="There is no such camera. It may have been removed." /> : <Loading text="Loading the camera" />;
}

function Known({ camera, number }: { camera: Camera; number: number }): VNode {
  const rules = useRules(camera.id);
  if (rules === null) return <Loading text="Loading the rule" />;
  const rule = rules.find((one) => one.id === number);
  if (!rule) return <Missing text="There is no such rule. It may have been removed." />;
  return <Screen camera={camera} number={number} />;
}

function Screen({ camera, number }: { camera: Camera; number: number | null }): VNode {
  const rules = useRules(camera.id);
  const rule = rules?.find((one) => one.id === number) ?? null;
  return (
    <section class="page rule-page">
      <p class="crumb">
        <a href={`/camera/${camera.id}`}>
          <Icon name="left" /> {camera.name}
        </a>
      </p>
      <h1>{rule ? `Edit ${rule.name}` : "Add a rule"}</h1>
      <RuleForm camera={camera} rule={rule} />
    </section>
  );
}
