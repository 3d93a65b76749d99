import type { VNode } from "preact";

import { CountsView } from "../live/CountsView";
import { LiveView } from "../live/LiveView";
import { Dot, HealthWords } from "../parts/HealthMark";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { ProtectionMark } from "../parts/ProtectionMark";
import { cameras, health } from "../state/server";
import type { Camera } from "../wire";
import { hasPictures, isOn, REDUCED_LONG, REDUCED_SHORT, worstHealth } from "../words";
import { columnsFor, ratioOf } from "./wallGrid";

export function Wall(): VNode {
  const all = cameras.value;
  if (!all) return <Loading text="Loading cameras" />;
  if (all.length === 0) return <NoCameras />;
  const reduced = health.value?.protection === "reduced" || all.some((camera) => camera.view.protection === "reduced");
  return (
    <section class="wall">
      <h1 class="sr-only">Wall</h1>
      {reduced && all.some(hasPictures) ? <ReducedBanner /> : null}
      <ul class="tiles" data-columns={columnsFor(all.length)} style={{ "--ratio": String(ratioOf(all)) }}>
        {all.map((camera) => (
          <Tile key={camera.id} camera={camera} />
        ))}
      </ul>
    </section>
  );
}

function ReducedBanner(): VNode {
  return (
    <div class="banner banner-caution" role="note">
      <Icon name="shield" />
      <p>
        <strong>Reduced protection.</strong> {REDUCED_SHORT} {REDUCED_LONG}
      </p>
    </div>
  );
}

function Tile({ camera }: { camera: Camera }): VNode {
  const worst = isOn(camera) ? worstHealth(camera) : { ...camera.health.main, state: "off" as const, cause: "" };
  return (
    <li class="tile">
      {hasPictures(camera) ? <LiveView camera={camera} /> : <CountsView camera={camera} />}
      <div class="tile-foot">
        <div class="tile-text">
          <h2 class="tile-name">
            <Dot state={worst.state} />
            <a class="tile-link" href={`/camera/${camera.id}`}>
              {camera.name}
            </a>
          </h2>
          <p class={worst.state === "down" || worst.state === "degraded" ? "tile-health tile-trouble" : "tile-health"}>
            <HealthWords health={worst} />
          </p>
        </div>
        <ProtectionMark camera={camera} />
      </div>
    </li>
  );
}

function NoCameras(): VNode {
  return (
    <section class="page page-narrow empty">
      <h1>No cameras yet</h1>
      <p class="lead">
        Add the first camera: a network camera (RTSP), a camera on this machine, or a video file. Everybody who looks,
        you included, sees a view in which each person is a flat silhouette.
      </p>
      <p>
        <a class="button button-main" href="/add">
          <Icon name="plus" /> Add a camera
        </a>
      </p>
    </section>
  );
}
