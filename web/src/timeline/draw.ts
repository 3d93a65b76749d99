/** Draws the timeline on a canvas: ruler, kept and covered spans, gaps, marks, now and the moment on screen. */

import type { Gap, Span, TimelineSpans } from "../wire";
import { HEIGHT, LANE, LANE_TOP, RULER, SEAM, TRACK, type Marks } from "./gesture";
import { spanOf, xOf, type TimeWindow } from "./scale";
import { endOf, merged, type OpenSpan } from "./spans";
import { clockChanges, ticks } from "./ticks";

export interface Theme {
  text: string;
  muted: string;
  line: string;
  track: string;
  kept: string;
  covered: string;
  gap: string;
  gapLine: string;
  off: string;
  sealed: string;
  held: string;
  head: string;
  now: string;
  mark: string;
  event: string;
  font: string;
}

export interface Scene {
  window: TimeWindow;
  width: number;
  spans: TimelineSpans;
  /** What is held; may lie ahead. */
  held: readonly Span[];
  events: readonly OpenSpan[];
  nowUs: number;
  atUs: number | null;
  hoverUs: number | null;
  marks: Marks;
}

/** Colours of the page, read anew when it turns light or dark. */
export function themeOf(element: Element): Theme {
  const style = getComputedStyle(element);
  const get = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    text: get("text"),
    muted: get("muted"),
    line: get("line"),
    track: get("track"),
    kept: get("kept"),
    covered: get("covered"),
    gap: get("gap"),
    gapLine: get("gap-line"),
    off: get("off-span"),
    sealed: get("sealed"),
    held: get("held"),
    head: get("head"),
    now: get("now"),
    mark: get("mark"),
    event: get("event"),
    font: style.fontFamily,
  };
}

type Context = CanvasRenderingContext2D;

/** Where on the canvas something lies. */
interface Band {
  top: number;
  height: number;
}

const VIEW: Band = { top: RULER, height: TRACK };
const ORIGINAL: Band = { top: LANE_TOP, height: LANE };
const HELD: Band = { top: RULER + TRACK + 1, height: SEAM - 2 };

export function draw(context: Context, scene: Scene, theme: Theme): void {
  context.clearRect(0, 0, scene.width, HEIGHT);
  drawTrack(context, scene, theme);
  drawLane(context, scene, theme);
  fill(context, scene, joined(scene, scene.held), theme.held, HELD);
  drawClockChanges(context, scene, theme);
  drawTicks(context, scene, theme);
  drawEvents(context, scene, theme);
  drawMarks(context, scene, theme);
  drawNow(context, scene, theme);
  drawHover(context, scene, theme);
  drawHead(context, scene, theme);
}

function drawTrack(context: Context, scene: Scene, theme: Theme): void {
  context.fillStyle = theme.track;
  context.fillRect(0, RULER, scene.width, TRACK);
  fill(context, scene, joined(scene, scene.spans.kept), theme.kept, VIEW);
  fill(context, scene, scene.spans.covered, theme.covered, VIEW);
  drawGaps(context, scene, scene.spans.gaps, theme, VIEW);
}

function drawLane(context: Context, scene: Scene, theme: Theme): void {
  const { kept, gaps } = scene.spans.originals;
  context.fillStyle = theme.track;
  context.fillRect(0, LANE_TOP, scene.width, LANE);
  fill(context, scene, joined(scene, kept), theme.sealed, ORIGINAL);
  drawGaps(context, scene, gaps, theme, ORIGINAL);
}

/** Spans that no pixel lies between are one: a month has thousands. Gaps are drawn over them, so none is lost. */
const joined = (scene: Scene, kept: readonly Span[]): Span[] => merged(kept, spanOf(scene.window) / scene.width / 2);

/** Hatched where something is missing; plain where it is meant to be so. */
function drawGaps(context: Context, scene: Scene, gaps: readonly Gap[], theme: Theme, band: Band): void {
  const missing = gaps.filter((gap) => gap.cause !== "off");
  fill(context, scene, gaps.filter((gap) => gap.cause === "off"), theme.off, band);
  fill(context, scene, missing, theme.gap, band);
  hatch(context, scene, missing, theme, band);
}

/** Where clocks are set, an hour comes twice or not at all. */
function drawClockChanges(context: Context, scene: Scene, theme: Theme): void {
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  context.setLineDash([5, 4]);
  context.beginPath();
  for (const us of clockChanges(scene.window)) {
    const x = Math.round(xOf(scene.window, scene.width, us)) + 0.5;
    context.moveTo(x, RULER - 8);
    context.lineTo(x, LANE_TOP + LANE);
  }
  context.stroke();
  context.setLineDash([]);
}

/** Left and right edge of a span on screen, at least a pixel wide; null where it is out of sight. */
function edges(scene: Scene, span: OpenSpan | Span): [number, number] | null {
  const left = Math.max(0, xOf(scene.window, scene.width, span.from_us));
  const right = Math.min(scene.width, xOf(scene.window, scene.width, endOf(span, scene.nowUs)));
  if (right < 0 || left > scene.width || right < left) return null;
  return [left, Math.max(right, left + 1)];
}

function fill(context: Context, scene: Scene, spans: readonly OpenSpan[], colour: string, band: Band): void {
  context.fillStyle = colour;
  for (const span of spans) {
    const at = edges(scene, span);
    if (at) context.fillRect(at[0], band.top, at[1] - at[0], band.height);
  }
}

function hatch(context: Context, scene: Scene, gaps: readonly Gap[], theme: Theme, { top, height }: Band): void {
  const areas = gaps.map((gap) => edges(scene, gap)).filter((at) => at !== null);
  if (areas.length === 0) return;
  context.save();
  context.beginPath();
  for (const [left, right] of areas) context.rect(left, top, right - left, height);
  context.clip();
  context.beginPath();
  for (const [left, right] of areas) {
    // Lines stand on a grid of the whole track, so that neighbours and panning do not break the pattern.
    for (let x = Math.floor((left - height) / 7) * 7; x < right; x += 7) {
      context.moveTo(x, top + height);
      context.lineTo(x + height, top);
    }
  }
  context.strokeStyle = theme.gapLine;
  context.lineWidth = 1.5;
  context.stroke();
  context.restore();
}

function drawTicks(context: Context, scene: Scene, theme: Theme): void {
  context.textBaseline = "middle";
  context.textAlign = "left";
  let free = -Infinity;
  for (const tick of ticks(scene.window, scene.width, 84)) {
    const x = Math.round(xOf(scene.window, scene.width, tick.us)) + 0.5;
    context.strokeStyle = tick.day ? theme.muted : theme.line;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, tick.day ? 4 : RULER - 8);
    context.lineTo(x, RULER);
    context.stroke();
    context.font = `${tick.day ? "600 " : ""}11.5px ${theme.font}`;
    const width = context.measureText(tick.label).width;
    if (x + 6 < free || x + 6 + width > scene.width) continue;
    context.fillStyle = tick.day ? theme.text : theme.muted;
    context.fillText(tick.label, x + 6, RULER / 2 - 1);
    free = x + 6 + width + 8;
  }
}

/** Along the upper edge of the track, how long each lasted; at least as wide as can be seen. */
function drawEvents(context: Context, scene: Scene, theme: Theme): void {
  context.fillStyle = theme.event;
  for (const event of scene.events) {
    const at = edges(scene, event);
    if (at) context.fillRect(at[0], RULER, Math.max(3, at[1] - at[0]), 6);
  }
}

function drawMarks(context: Context, scene: Scene, theme: Theme): void {
  const { inUs, outUs } = scene.marks;
  const place = (us: number): number => xOf(scene.window, scene.width, us);
  context.fillStyle = theme.mark;
  if (inUs !== null && outUs !== null && outUs > inUs) {
    const left = Math.max(0, place(inUs));
    const right = Math.min(scene.width, place(outUs));
    context.globalAlpha = 0.22;
    context.fillRect(left, RULER, Math.max(0, right - left), TRACK);
    context.globalAlpha = 1;
    context.fillRect(left, RULER, Math.max(0, right - left), 2);
    context.fillRect(left, RULER + TRACK - 2, Math.max(0, right - left), 2);
  }
  if (inUs !== null) bracket(context, place(inUs), 1);
  if (outUs !== null) bracket(context, place(outUs), -1);
}

function bracket(context: Context, x: number, inward: 1 | -1): void {
  context.fillRect(x - 1.5, RULER - 2, 3, TRACK + 4);
  context.beginPath();
  context.roundRect(inward === 1 ? x - 1.5 : x - 7.5, RULER + TRACK / 2 - 10, 9, 20, 3);
  context.fill();
}

function drawNow(context: Context, scene: Scene, theme: Theme): void {
  const x = xOf(scene.window, scene.width, scene.nowUs);
  if (x < 0 || x > scene.width) return;
  context.strokeStyle = theme.now;
  context.lineWidth = 1;
  context.setLineDash([2, 3]);
  context.beginPath();
  context.moveTo(Math.round(x) + 0.5, 2);
  context.lineTo(Math.round(x) + 0.5, HEIGHT);
  context.stroke();
  context.setLineDash([]);
}

function drawHover(context: Context, scene: Scene, theme: Theme): void {
  if (scene.hoverUs === null) return;
  const x = Math.round(xOf(scene.window, scene.width, scene.hoverUs)) + 0.5;
  context.strokeStyle = theme.muted;
  context.lineWidth = 1;
  context.beginPath();
  context.moveTo(x, RULER);
  context.lineTo(x, RULER + TRACK);
  context.stroke();
}

/** The moment on screen: a line with a knob under the track, where a thumb does not hide the picture of the spans. */
function drawHead(context: Context, scene: Scene, theme: Theme): void {
  if (scene.atUs === null) return;
  const x = xOf(scene.window, scene.width, scene.atUs);
  if (x < -8 || x > scene.width + 8) return;
  context.fillStyle = theme.head;
  context.fillRect(x - 1, RULER - 6, 2, HEIGHT - RULER);
  context.beginPath();
  context.arc(x, HEIGHT - 6, 5, 0, 2 * Math.PI);
  context.fill();
  context.beginPath();
  context.moveTo(x - 5, RULER - 8);
  context.lineTo(x + 5, RULER - 8);
  context.lineTo(x, RULER - 1);
  context.fill();
}
