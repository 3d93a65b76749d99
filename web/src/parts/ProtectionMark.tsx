import type { VNode } from "preact";

import type { Camera } from "../wire";
import { hasPictures, protectionWord, REDUCED_COUNTS, REDUCED_LONG, REDUCED_SHORT } from "../words";
import { Hint } from "./Hint";

/** What finds people at this camera, and what it means where it is not the person model. */
export function ProtectionMark({ camera }: { camera: Camera }): VNode | null {
  const word = protectionWord(camera);
  if (word === null) return null;
  if (camera.view.protection === "full") return <span class="protection">{word}</span>;
  return (
    <Hint label={word}>
      {hasPictures(camera) ? (
        <>
          {REDUCED_SHORT} {REDUCED_LONG}
        </>
      ) : (
        REDUCED_COUNTS
      )}
    </Hint>
  );
}
