import type { VNode } from "preact";

/** What the test does not show, and what comes after adding. */
export function AfterAdding({ counts }: { counts: boolean }): VNode {
  return (
    <p class="aside">
      The test shows which streams there are, never a picture.{" "}
      {counts
        ? "With counts only there is no picture to aim by either: choose another first, aim, and then change it in the settings."
        : "After adding you aim the camera with its plate: the empty background, learnt from the video."}
    </p>
  );
}
