/** The few pictures of the console, drawn here: 20 px grid, one stroke width. */

import type { VNode } from "preact";

/** A watch glass with the shape of somebody, never the person, under it. */
export function Logo(): VNode {
  return (
    <svg class="logo" viewBox="0 0 32 32" aria-hidden="true">
      <circle cx="16" cy="16" r="13.5" fill="none" stroke="currentColor" stroke-width="2.5" />
      <path d="M7 16a9 9 0 0 1 9-9" fill="none" stroke="currentColor" stroke-width="1.8" stroke-linecap="round" opacity=".55" />
      <rect class="logo-person" x="13" y="10.5" width="6" height="13" rx="3" />
    </svg>
  );
}

const PATHS = {
  play: "M6 4.2v11.6L15.5 10z",
  pause: "M5.5 4h3v12h-3zM11.5 4h3v12h-3z",
  back: "M15 4.5 8 10l7 5.5zM5 4.5h2v11H5z",
  forward: "M5 4.5 12 10l-7 5.5zM13 4.5h2v11h-2z",
} as const;

const LINES = {
  plus: "M10 4v12M4 10h12",
  minus: "M4 10h12",
  left: "M12 4.5 6.5 10l5.5 5.5",
  gear: "M4 6h7M15 6h1M4 14h1M9 14h7M13 4v4M7 12v4",
  download: "M10 3.5v9M6 9l4 4 4-4M4 16.5h12",
  shield: "M10 3 4 5v5c0 3.6 2.5 6 6 7 3.5-1 6-3.4 6-7V5z",
  info: "M10 9v5M10 6.2v.1M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0z",
  keep: "M6 3.5h8v13l-4-3.6-4 3.6z",
  full: "M4 8V4h4M12 4h4v4M16 12v4h-4M8 16H4v-4",
  down: "M5 8l5 5 5-5",
  close: "M5 5l10 10M15 5 5 15",
  check: "M4 10.5l4 4 8-9",
  caution: "M10 3.5 17.5 16.5h-15zM10 8.3v4M10 14.3v.1",
} as const;

export type IconName = keyof typeof PATHS | keyof typeof LINES;

export function Icon({ name }: { name: IconName }): VNode {
  const filled = name in PATHS;
  const path = filled ? PATHS[name as keyof typeof PATHS] : LINES[name as keyof typeof LINES];
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      {filled ? (
        <path d={path} fill="currentColor" />
      ) : (
        <path d={path} fill="none" stroke="currentColor" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round" />
      )}
    </svg>
  );
}
