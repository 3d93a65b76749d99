import type { VNode } from "preact";

import { Dot, HealthWords } from "../parts/HealthMark";
import { dateAndTime, moment } from "../time/format";
import type { Camera, Hold } from "../wire";
import { ProtectionMark } from "../parts/ProtectionMark";
import { hasPictures, originalWords, POLICIES, sinceWords, standinWords } from "../words";

/** What is known of a camera, in sentences. */
export function CameraFacts({ camera, held, nowUs }: { camera: Camera; held: readonly Hold[]; nowUs: number }): VNode {
  const { main, sub } = camera.health;
  const words = standinWords(camera);
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
        <dt>{hasPictures(camera) ? "View" : "Numbers"}</dt>
        <dd>
          {sinceWords(words?.title ?? "Shown", camera.view.since_us, nowUs)}
          {words?.detail ? `. ${words.detail}` : null}
        </dd>
        <dt>Protection</dt>
        <dd>
          <ProtectionMark camera={camera} />
        </dd>
        <dt>Kept</dt>
        <dd>{keptWords(camera, nowUs)}</dd>
        {held.length > 0 ? (
          <>
            <dt>Held</dt>
            <dd>
              {heldSummary(held)} <a href="/holds">See holds</a>
            </dd>
          </>
        ) : null}
        <dt>Original</dt>
        <dd>
          {camera.original.state === "missing" ? <Dot state="down" /> : null} {originalWords(camera.original, nowUs)}{" "}
          <a href="/originals">Who can open it</a>
        </dd>
        {camera.sound ? (
          <>
            <dt>Sound</dt>
            <dd>{camera.original.state === "off" ? "Not kept: no original is" : "Kept with the original alone, sealed"}</dd>
          </>
        ) : null}
      </dl>
    </section>
  );
}

function heldSummary(held: readonly Hold[]): string {
  const next = Math.min(...held.map(({ until_us }) => until_us));
  return held.length === 1 ? `By one hold, until ${dateAndTime(next)}` : `By ${held.length} holds; the first lapses ${dateAndTime(next)}`;
}

function keptWords(camera: Camera, nowUs: number): string {
  const { kept } = camera;
  if (hasPictures(camera)) return kept ? `Since ${moment(kept.from_us, nowUs)}` : "Nothing kept yet";
  return kept ? `From ${moment(kept.from_us, nowUs)} to ${moment(kept.to_us, nowUs)}, and nothing since` : "Nothing";
}
