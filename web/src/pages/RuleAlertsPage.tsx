import type { VNode } from "preact";
import { useEffect, useState } from "preact/hooks";

import { PolicyForm } from "../alerts/PolicyForm";
import { PrecisionPanel } from "../alerts/PrecisionPanel";
import { Samples } from "../alerts/Samples";
import { getAlerting } from "../api";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { useRules } from "../state/rules";
import { cameraById, cameras } from "../state/server";
import type { Alerting, Camera } from "../wire";
import { Missing } from "./Missing";

const AGAIN_MS = 3_000;

/** Whom a rule tells and when, how often it was right, and what is to be looked at below its threshold. */
export function RuleAlertsPage({ id, rule }: { id: number; rule: number }): VNode {
  const camera = cameraById(id);
  if (camera) return <Known camera={camera} number={rule} />;
  return cameras.value ? <Missing text="There is no such camera. It may have been removed." /> : <Loading text="Loading the camera" />;
}

function Known({ camera, number }: { camera: Camera; number: number }): VNode {
  const rules = useRules(camera.id);
  const [alerting, setAlerting] = useAlerting(number);
  const [said, setSaid] = useState(0);
  if (rules === null) return <Loading text="Loading the rule" />;
  const rule = rules.find((one) => one.id === number);
  if (!rule) return <Missing text="There is no such rule. It may have been removed." />;
  if (alerting === null) return <Loading text="Loading the rule" />;
  return (
    <section class="page rule-alerts">
      <p class="crumb">
        <a href={`/camera/${camera.id}`}>
          <Icon name="left" /> {camera.name}
        </a>
      </p>
      <header class="page-head">
        <h1>Alerts of {rule.name}</h1>
        <a class="button" href="/alerts">
          All alerts
        </a>
      </header>
      <PrecisionPanel rule={rule.id} threshold={alerting.threshold} said={said} onAlerting={setAlerting} />
      <Samples rule={rule.id} share={alerting.sample_share} onSaid={() => setSaid((before) => before + 1)} />
      <PolicyForm rule={rule.id} alerting={alerting} onAlerting={setAlerting} />
    </section>
  );
}

/** What becomes of the rule's events, as it was when the page was opened or somebody here changed it: who fills a form in is not disturbed. */
function useAlerting(rule: number): [Alerting | null, (alerting: Alerting) => void] {
  const [alerting, setAlerting] = useState<Alerting | null>(null);
  useEffect(() => {
    let timer = 0;
    let here = true;
    const ask = async (): Promise<void> => {
      try {
        const told = await getAlerting(rule);
        if (here) setAlerting(told);
      } catch {
        if (here) timer = window.setTimeout(() => void ask(), AGAIN_MS);
      }
    };
    void ask();
    return () => {
      here = false;
      clearTimeout(timer);
    };
  }, [rule]);
  return [alerting, setAlerting];
}
