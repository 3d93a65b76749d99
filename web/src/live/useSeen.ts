import type { RefObject } from "preact";
import { useEffect, useState } from "preact/hooks";

/** True while the element is on screen (or nearly) and the page is not hidden. */
export function useSeen(element: RefObject<Element | null>): boolean {
  const [near, setNear] = useState(false);
  const [hidden, setHidden] = useState(document.hidden);
  useEffect(() => {
    const target = element.current;
    if (!target) return undefined;
    // A little early, so that a tile plays when it scrolls in.
    const observer = new IntersectionObserver((entries) => setNear(entries.at(-1)?.isIntersecting ?? false), {
      rootMargin: "80px",
    });
    observer.observe(target);
    const turn = (): void => setHidden(document.hidden);
    document.addEventListener("visibilitychange", turn);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", turn);
    };
  }, [element]);
  return near && !hidden;
}
