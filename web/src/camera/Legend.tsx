import type { VNode } from "preact";

export function Legend({ empty, failed }: { empty: boolean; failed: boolean }): VNode {
  if (failed) return <p class="legend">The timeline could not be loaded. Trying again.</p>;
  if (empty) return <p class="legend">Nothing kept yet. The timeline fills once the first view is kept.</p>;
  return (
    <ul class="legend" aria-label="Legend">
      <li>
        <span class="swatch swatch-kept" aria-hidden="true" /> Kept
      </li>
      <li>
        <span class="swatch swatch-covered" aria-hidden="true" /> Covered
      </li>
      <li>
        <span class="swatch swatch-gap" aria-hidden="true" /> Gap
      </li>
      <li>
        <span class="swatch swatch-off" aria-hidden="true" /> Off
      </li>
      <li>
        <span class="swatch swatch-sealed" aria-hidden="true" /> Original
      </li>
      <li>
        <span class="swatch swatch-event" aria-hidden="true" /> Event
      </li>
      <li>
        <span class="swatch swatch-held" aria-hidden="true" /> Held
      </li>
    </ul>
  );
}
