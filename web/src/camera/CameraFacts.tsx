import type { VNode } from "preact";

import { Dot, HealthWords } from "../parts/HealthMark";
import { moment } from "../time/format";
import type { Camera } from "../wire";
import { ProtectionMark } from "../parts/ProtectionMark";
import { countsStandin, hasPictures, POLICIES, sinceWords, viewWords } from "../words";

/** What is known of a camera, in sentences. */
export function CameraFacts({ camera, nowUs }: { camera: Camera; nowUs: number }): VNode {
  const { main, sub } = camera.health;
  const pictures = hasPictures(camera);
  const words = pictures ? viewWords(camera.view) : countsStandin(camera);
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
        <dt>May be seen</dt>
        <dd>{POLICIES[camera.policy].title}</dd>
        <dt>{pictures ? "View" : "Numbers"}</dt>
        <dd>
          {sinceWords(words?.title ?? "Shown", camera.view.since_us, nowUs)}
          {words?.detail ? `. ${words.detail}` : null}
        </dd>
        <dt>Protection</dt>
        <dd>
          <ProtectionMark camera={camera} />
        </dd>
        <dt>Kept</dt>
        <dd>{camera.kept ? `Since ${moment(camera.kept.from_us, nowUs)}` : pictures ? "Nothing kept yet" : "Nothing"}</dd>
      </dl>
    </section>
  );
}
