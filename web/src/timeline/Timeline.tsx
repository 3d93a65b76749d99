/** The timeline: one canvas, one pointer, one slider for keyboards and screen readers. */

import type { TargetedPointerEvent, VNode } from "preact";
import { useCallback, useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

import { heldWords } from "../holds/holds";
import { eventsAt, type MarkedEvent } from "../events/marks";
import type { Hold, TimelineSpans } from "../wire";
import { draw, themeOf, type Theme } from "./draw";
import { gripAt, HEIGHT, pinched, type Grip, type Marks } from "./gesture";
import { describe, originalAt } from "./describe";
import { panned, spanOf, usAt, xOf, zoomed, type TimeWindow } from "./scale";
import { pointerLabel } from "./ticks";

export type ScrubPhase = "start" | "move" | "end";

interface TimelineProps {
  window: TimeWindow;
  spans: TimelineSpans;
  /** Active holds of this camera. */
  held: readonly Hold[];
  events: readonly MarkedEvent[];
  nowUs: number;
  oldestUs: number;
  atUs: number | null;
  live: boolean;
  marks: Marks;
  onWindow: (window: TimeWindow) => void;
  onScrub: (us: number, phase: ScrubPhase) => void;
  onMarks: (marks: Marks) => void;
}

export function Timeline(props: TimelineProps): VNode {
  const { window, spans, held, events, nowUs, atUs, live } = props;
  const root = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const [hoverX, setHoverX] = useState<number | null>(null);
  const theme = useTheme(canvas);
  useWidth(root, setWidth);
  const hoverUs = hoverX === null || width === 0 ? null : usAt(window, width, hoverX);

  useLayoutEffect(() => {
    const context = canvas.current?.getContext("2d");
    if (!context || !canvas.current || width === 0 || !theme) return;
    const scale = devicePixelRatio;
    const pixels = Math.round(width * scale);
    if (canvas.current.width !== pixels) canvas.current.width = pixels;
    if (canvas.current.height !== Math.round(HEIGHT * scale)) canvas.current.height = Math.round(HEIGHT * scale);
    context.setTransform(scale, 0, 0, scale, 0, 0);
    draw(context, { window, width, spans, held, events, nowUs, atUs, hoverUs, marks: props.marks }, theme);
  });

  const pointers = usePointers(props, width, setHoverX);
  useWheel(root, props, width);
  const said = live ? "Live" : atUs === null ? "" : spoken(spans, held, eventsAt(events, atUs, nowUs, spanOf(window)), atUs, nowUs);
  return (
    <div
      class="timeline"
      ref={root}
      role="slider"
      tabIndex={0}
      aria-label="Timeline"
      aria-valuemin={Math.round(props.oldestUs / 1e6)}
      aria-valuemax={Math.round(nowUs / 1e6)}
      aria-valuenow={Math.round((atUs ?? nowUs) / 1e6)}
      aria-valuetext={said}
      data-grip={pointers.grip}
      {...pointers.handlers}
    >
      <canvas ref={canvas} aria-hidden="true" />
      {hoverUs !== null && hoverX !== null ? (
        <HoverText
          us={hoverUs}
          x={hoverX}
          width={width}
          spans={spans}
          held={held}
          seen={eventsAt(events, hoverUs, nowUs, spanOf(window))}
          nowUs={nowUs}
        />
      ) : null}
    </div>
  );
}

function spoken(spans: TimelineSpans, held: readonly Hold[], seen: string, us: number, nowUs: number): string {
  const what = [`${describe(spans, us, nowUs).title}.`, originalAt(spans.originals, us, nowUs), heldWords(held, us), seen];
  return [`${pointerLabel(us)}.`, ...what].filter((part) => part !== "").join(" ");
}

interface HoverProps {
  us: number;
  x: number;
  width: number;
  spans: TimelineSpans;
  held: readonly Hold[];
  /** What rules saw there, in words. */
  seen: string;
  nowUs: number;
}

// Between the timeline and the text, and between the text and the edge of the screen.
const HOVER_ROOM = 5;

/** Under the timeline, over it where the screen has no room left. */
function HoverText({ us, x, width, spans, held, seen, nowUs }: HoverProps): VNode {
  const { title, detail } = describe(spans, us, nowUs);
  const original = originalAt(spans.originals, us, nowUs);
  const hold = heldWords(held, us);
  const left = Math.min(Math.max(x, 120), Math.max(120, width - 120));
  const text = useRef<HTMLDivElement>(null);
  const [above, setAbove] = useState(false);
  useLayoutEffect(() => {
    const below = innerHeight - (text.current?.parentElement?.getBoundingClientRect().bottom ?? 0);
    setAbove((text.current?.offsetHeight ?? 0) + 2 * HOVER_ROOM > below);
  }, [title, detail, original, hold, seen]);
  return (
    <div class="timeline-hover" ref={text} data-above={above} style={{ left: `${left}px` }} aria-hidden="true">
      <strong>{pointerLabel(us)}</strong>
      <span>
        {title}
        {detail ? `. ${detail}` : null}
      </span>
      {original ? <span>{original}</span> : null}
      {hold ? <span>{hold}</span> : null}
      {seen ? <span>{seen}</span> : null}
    </div>
  );
}

function useTheme(element: { current: Element | null }): Theme | null {
  const [theme, setTheme] = useState<Theme | null>(null);
  useEffect(() => {
    const read = (): void => {
      if (element.current) setTheme(themeOf(element.current));
    };
    read();
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    scheme.addEventListener("change", read);
    return () => scheme.removeEventListener("change", read);
  }, [element]);
  return theme;
}

function useWidth(element: { current: Element | null }, onWidth: (width: number) => void): void {
  useEffect(() => {
    if (!element.current) return undefined;
    const observer = new ResizeObserver(([entry]) => onWidth(Math.floor(entry?.contentRect.width ?? 0)));
    observer.observe(element.current);
    return () => observer.disconnect();
  }, [element, onWidth]);
}

/** The wheel zooms around the pointer; sideways, or with shift, it pans. */
function useWheel(element: { current: HTMLElement | null }, props: TimelineProps, width: number): void {
  const latest = useRef({ props, width });
  latest.current = { props, width };
  useEffect(() => {
    const target = element.current;
    const turn = (event: WheelEvent): void => {
      const { props: now, width: wide } = latest.current;
      if (wide === 0) return;
      event.preventDefault();
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
      const sideways = event.shiftKey && event.deltaX === 0 ? event.deltaY : event.deltaX;
      if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) {
        now.onWindow(panned(now.window, ((sideways * unit) / wide) * spanOf(now.window)));
        return;
      }
      const x = event.clientX - (target?.getBoundingClientRect().left ?? 0);
      now.onWindow(zoomed(now.window, Math.exp(event.deltaY * unit * 0.0025), usAt(now.window, wide, x)));
    };
    // Not passive: the page must not scroll meanwhile.
    target?.addEventListener("wheel", turn, { passive: false });
    return () => target?.removeEventListener("wheel", turn);
  }, [element]);
}

// Pixels a finger moves before it means to.
const SLACK = 4;

type PointerHandler = (event: TargetedPointerEvent<HTMLDivElement>) => void;

interface Pointers {
  grip: Grip;
  handlers: Record<"onPointerDown" | "onPointerMove" | "onPointerUp" | "onPointerCancel" | "onPointerLeave", PointerHandler>;
}

function usePointers(props: TimelineProps, width: number, onHover: (x: number | null) => void): Pointers {
  const down = useRef(new Map<number, number>());
  const grip = useRef<Grip | "pinch" | null>(null);
  // A finger has not scrubbed yet: a second one may follow and make it a pinch.
  const waiting = useRef<number | null>(null);
  const [shown, setShown] = useState<Grip>("scrub");

  const place = (event: TargetedPointerEvent<HTMLDivElement>): [number, number] => {
    const box = event.currentTarget.getBoundingClientRect();
    return [Math.min(box.width, Math.max(0, event.clientX - box.left)), event.clientY - box.top];
  };

  const apply = useCallback(
    (kind: Grip, x: number, phase: ScrubPhase) => {
      const us = Math.min(usAt(props.window, width, x), props.nowUs);
      if (kind === "scrub") props.onScrub(us, phase);
      else if (kind === "in") props.onMarks({ ...props.marks, inUs: us });
      else if (kind === "out") props.onMarks({ ...props.marks, outUs: us });
    },
    [props, width],
  );

  const onPointerDown: PointerHandler = (event) => {
    if (event.button !== 0 || width === 0) return;
    const [x, y] = place(event);
    event.currentTarget.setPointerCapture(event.pointerId);
    down.current.set(event.pointerId, x);
    if (down.current.size > 1) {
      const scrubs = grip.current === "scrub" && waiting.current === null;
      if (scrubs) apply("scrub", xOf(props.window, width, props.atUs ?? props.nowUs), "end");
      waiting.current = null;
      grip.current = "pinch";
      return;
    }
    grip.current = gripAt(x, y, props.window, width, props.marks);
    if (event.pointerType === "touch") waiting.current = x;
    else apply(grip.current, x, "start");
  };

  const onPointerMove: PointerHandler = (event) => {
    const [x, y] = place(event);
    const before = down.current.get(event.pointerId);
    // A finger hides what is under it; the controls show its moment.
    if (event.pointerType === "mouse") onHover(y >= 0 && y < HEIGHT ? x : null);
    if (before === undefined || grip.current === null) {
      setShown(gripAt(x, y, props.window, width, props.marks));
      return;
    }
    if (waiting.current !== null && grip.current !== "pinch") {
      if (Math.abs(x - waiting.current) < SLACK) return;
      waiting.current = null;
      apply(grip.current, x, "start");
    }
    if (grip.current === "pinch") {
      const other = [...down.current].find(([id]) => id !== event.pointerId)?.[1];
      if (other !== undefined) props.onWindow(pinched(props.window, width, [before, other], [x, other]));
    } else if (grip.current === "pan") {
      props.onWindow(panned(props.window, ((before - x) / width) * spanOf(props.window)));
    } else apply(grip.current, x, "move");
    down.current.set(event.pointerId, x);
  };

  const onPointerUp: PointerHandler = (event) => {
    if (!down.current.delete(event.pointerId)) return;
    if (grip.current && grip.current !== "pinch") {
      const [x] = place(event);
      // A tap. A gesture that the browser took over, to scroll, was none.
      if (waiting.current !== null && event.type === "pointerup") apply(grip.current, x, "start");
      if (waiting.current === null || event.type === "pointerup") apply(grip.current, x, "end");
    }
    waiting.current = null;
    // After a pinch the finger that stays does nothing until it is lifted.
    if (down.current.size === 0) grip.current = null;
  };

  const onPointerLeave: PointerHandler = () => {
    if (down.current.size === 0) onHover(null);
  };

  return { grip: shown, handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp, onPointerLeave } };
}
