import type { VNode } from "preact";
import { useRef } from "preact/hooks";

import { clockTime } from "../time/format";
import type { LinkedView, OpenedLink } from "../wire";
import { said } from "./looking";
import { useAddress, useLinkedView } from "./useLinkedView";

/** The view when an alert began, and from ten seconds before it on. */
export function LinkedPictures({ alert }: { alert: OpenedLink }): VNode {
  const seen = useLinkedView(alert.look_token);
  const still = useAddress(seen.still);
  const clip = useAddress(seen.clip);
  const where = alert.place ? `${alert.camera}, ${alert.place}` : alert.camera;
  return (
    <section class="linked" aria-labelledby="linked-title">
      <h2 id="linked-title">The view</h2>
      <div class="linked-pictures">
        {still ? (
          <figure>
            <img src={still} alt={`The view of ${where} when it began`} />
            <figcaption>When it began, {clockTime(alert.start_us)}</figcaption>
          </figure>
        ) : null}
        {clip ? (
          <figure>
            <Film address={clip} label={`Clip of the view of ${where}`} />
            <figcaption>{span(seen.clipped)}</figcaption>
          </figure>
        ) : null}
      </div>
      <p class="linked-said" role="status">
        {said(seen)}
      </p>
    </section>
  );
}

const span = (told: LinkedView | null): string =>
  told?.from_us && told.to_us ? `From ${clockTime(told.from_us)} to ${clockTime(told.to_us)}` : "";

/** Goes on where it was when a longer film takes its place. */
function Film({ address, label }: { address: string; label: string }): VNode {
  const was = useRef({ seconds: 0, playing: false });
  return (
    <video
      src={address}
      aria-label={label}
      controls
      muted
      playsInline
      preload="auto"
      onTimeUpdate={({ currentTarget: film }) => {
        was.current = { seconds: film.currentTime, playing: !film.paused };
      }}
      onLoadedMetadata={({ currentTarget: film }) => {
        if (was.current.seconds === 0) return;
        film.currentTime = was.current.seconds;
        if (was.current.playing) void film.play();
      }}
    />
  );
}
