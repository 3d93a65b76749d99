import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import { ByHand } from "../add/ByHand";
import { FindCameras } from "../add/FindCameras";
import type { Chosen } from "../add/found";
import { OnvifCamera } from "../add/OnvifCamera";

export function AddCamera(): VNode {
  const [chosen, setChosen] = useState<Chosen | null>(null);
  const heading = useRef<HTMLHeadingElement>(null);
  const wasChosen = useRef(false);
  useEffect(() => {
    // Whoever comes back has lost what they pressed; whoever comes first has pressed a link.
    if (wasChosen.current) heading.current?.focus({ preventScroll: true });
    wasChosen.current = chosen !== null;
  }, [chosen]);
  const show = (one: Chosen | null): void => {
    setChosen(one);
    scrollTo(0, 0);
  };
  return (
    <section class="page page-narrow">
      {chosen ? (
        <OnvifCamera key={chosen.address} chosen={chosen} onBack={() => show(null)} />
      ) : (
        <>
          <h1 ref={heading} tabIndex={-1}>
            Add a camera
          </h1>
          <FindCameras onChoose={show} />
          <ByHand />
        </>
      )}
    </section>
  );
}
