/** How many tiles stand beside each other, and their shape. */

import type { Camera } from "../wire";

/** Columns on a wide screen; narrower ones show fewer (in CSS). */
export function columnsFor(count: number): 1 | 2 | 3 | 4 | 5 {
  if (count <= 1) return 1;
  if (count <= 4) return 2;
  if (count <= 9) return 3;
  return count <= 16 ? 4 : 5;
}

const DEFAULT_RATIO = 16 / 9;

/** Width to height of most cameras, so that most pictures fill their tile. Cameras of unknown size do not count. */
export function ratioOf(cameras: readonly Camera[]): number {
  const votes = new Map<number, number>();
  for (const { view } of cameras) {
    if (view.width <= 0 || view.height <= 0) continue;
    const ratio = Math.round((view.width / view.height) * 100) / 100;
    votes.set(ratio, (votes.get(ratio) ?? 0) + 1);
  }
  const [most] = [...votes].sort((a, b) => b[1] - a[1] || b[0] - a[0]);
  return most ? most[0] : DEFAULT_RATIO;
}
