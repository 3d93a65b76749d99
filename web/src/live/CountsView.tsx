import type { VNode } from "preact";

import { nowUs } from "../time/clock";
import type { Camera } from "../wire";
import { countsStandin, countWords, offWords } from "../words";
import { Standin } from "./Standin";

/** In place of a picture: how many are in sight at the moment. */
export function CountsView({ camera }: { camera: Camera }): VNode {
  return (
    <div class="picture counts">
      <CountsNote camera={camera} />
    </div>
  );
}

function CountsNote({ camera }: { camera: Camera }): VNode {
  const off = offWords(camera, nowUs());
  if (off) return <Standin title={off.title} detail="Nothing is counted." />;
  const words = countsStandin(camera);
  if (words || camera.counts === null) return <Standin title={words?.title ?? ""} detail={words?.detail ?? ""} />;
  const [people, ...others] = countWords(camera.counts);
  return (
    <>
      <p class="counts-people">
        <strong>{people?.count}</strong> {people?.noun}
      </p>
      {others.length > 0 ? (
        <ul class="counts-others">
          {others.map(({ count, noun }) => (
            <li key={noun} data-none={count === 0}>
              <strong>{count}</strong> {noun}
            </li>
          ))}
        </ul>
      ) : null}
      <p class="counts-note">In sight now. No picture is shown or kept{camera.kept ? " any more" : ""}.</p>
    </>
  );
}
