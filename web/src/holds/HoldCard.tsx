import type { VNode } from "preact";

import { dateAndTime } from "../time/format";
import type { Camera, Hold } from "../wire";
import { footageWords, stateWords, viewStart, whoseWords } from "./holds";

interface HoldCardProps {
  hold: Hold;
  cameras: readonly Camera[];
  nowUs: number;
  onExtend?: () => void;
  onRelease?: () => void;
}

/** One hold: of what, why, by whom, until when. What can be done with it only while it is active. */
export function HoldCard({ hold, cameras, nowUs, onExtend, onRelease }: HoldCardProps): VNode {
  const active = hold.state === "active";
  return (
    <li class={active ? "card hold" : "card hold hold-over"} aria-label={`Hold ${hold.id}`}>
      <div class="hold-head">
        <h2>{whoseWords(hold.camera_id, cameras)}</h2>
        <span class="muted">Hold {hold.id}</span>
      </div>
      <p class="hold-reason">{hold.reason}</p>
      <dl class="facts hold-facts">
        <dt>State</dt>
        <dd>
          <span class={active ? "dot dot-up" : "dot dot-off"} aria-hidden="true" /> {active ? "Active. " : ""}
          {stateWords(hold, nowUs)}
        </dd>
        {active || hold.state === "released" ? (
          <>
            <dt>{active ? "Until" : "Was until"}</dt>
            <dd>{dateAndTime(hold.until_us)}</dd>
          </>
        ) : null}
        <dt>Footage</dt>
        <dd>
          {footageWords(hold)}
          <Links hold={hold} cameras={cameras} />
        </dd>
        <dt>Set</dt>
        <dd>
          {dateAndTime(hold.set_us)} by {hold.owner}
        </dd>
      </dl>
      {active ? (
        <div class="form-actions">
          <button type="button" class="button button-small" onClick={onExtend}>
            Extend<span class="sr-only"> hold {hold.id}</span>
          </button>
          <button type="button" class="button button-small button-danger" onClick={onRelease}>
            Release<span class="sr-only"> hold {hold.id}</span>
          </button>
        </div>
      ) : null}
    </li>
  );
}

/** To where the footage begins, of each camera that has a view of it. */
function Links({ hold, cameras }: Pick<HoldCardProps, "hold" | "cameras">): VNode | null {
  const concerned = cameras.filter(({ id }) => hold.camera_id === null || id === hold.camera_id);
  const links = concerned.flatMap((camera) => {
    const at = viewStart(hold, camera);
    return at === null ? [] : [{ camera, href: `/camera/${camera.id}?at=${at}` }];
  });
  if (links.length === 0) return null;
  return (
    <span class="hold-links">
      {links.map(({ camera, href }) => (
        <a key={camera.id} href={href}>
          {hold.camera_id === null ? camera.name : "Look at it"}
        </a>
      ))}
    </span>
  );
}
