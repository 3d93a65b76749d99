import type { VNode } from "preact";

import { Dot, HealthWords } from "../parts/HealthMark";
import { Hint } from "../parts/Hint";
import { moment } from "../time/format";
import type { Camera } from "../wire";
import { REDUCED_LONG, REDUCED_SHORT, sinceWords, viewWords } from "../words";

/** What is known of a camera, in sentences. */
export function CameraFacts({ camera, nowUs }: { camera: Camera; nowUs: number }): VNode {
  const { main, sub } = camera.health;
  const words = viewWords(camera.view);
  return (
    <section class="panel" aria-labelledby="facts-title">
      <h2 id="facts-title">State</h2>
      <dl class="facts">
        <dt>Main stream</dt>
        <dd>
          <Dot state={main.state} /> <HealthWords health={main} />
        </dd>
        {sub ? (
          <>
            <dt>Substream</dt>
            <dd>
              <Dot state={sub.state} /> <HealthWords health={sub} />
            </dd>
          </>
        ) : null}
        <dt>View</dt>
        <dd>
          {sinceWords(words?.title ?? "Shown", camera.view.since_us, nowUs)}
          {words?.detail ? `. ${words.detail}` : null}
        </dd>
        <dt>Protection</dt>
        <dd>
          {camera.view.protection === "full" ? (
            "Full: a person model is at work"
          ) : (
            <Hint label="Reduced protection">
              {REDUCED_SHORT} {REDUCED_LONG}
            </Hint>
          )}
        </dd>
        <dt>Kept</dt>
        <dd>{camera.kept ? `Since ${moment(camera.kept.from_us, nowUs)}` : "Nothing kept yet"}</dd>
      </dl>
    </section>
  );
}
