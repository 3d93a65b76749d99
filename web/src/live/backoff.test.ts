import { expect, it } from "vitest";

import { Backoff } from "./backoff";

it("doubles up to the most, and begins anew after success", () => {
  const backoff = new Backoff(500, 3_000, () => 1);
  expect([backoff.next(), backoff.next(), backoff.next(), backoff.next(), backoff.next()]).toEqual([
    500, 1000, 2000, 3000, 3000,
  ]);
  backoff.reset();
  expect(backoff.next()).toBe(500);
});

it("takes off up to a quarter by chance", () => {
  expect(new Backoff(1000, 8000, () => 0).next()).toBe(750);
});
