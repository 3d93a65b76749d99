import type { VNode } from "preact";

import { gone, retry } from "../state/server";

/** Says that the server does not answer, while it does not. Its place is announced to screen readers at all times. */
export function GoneBanner(): VNode {
  return (
    <div role="alert">
      {gone.value ? (
        <div class="banner banner-down">
          <span class="dot dot-down" aria-hidden="true" />
          <p>
            <strong>The server does not answer.</strong> Trying again by itself. What you see may be old.
          </p>
          <button type="button" class="button button-small" onClick={retry}>
            Try now
          </button>
        </div>
      ) : null}
    </div>
  );
}
