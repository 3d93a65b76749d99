import { expect, it } from "vitest";

import { SeekGate } from "./seekGate";

it("lets one seek through and remembers only the newest wish", () => {
  const gate = new SeekGate(250);
  expect(gate.request(1, 0)).toBe(1);
  expect(gate.request(2, 10)).toBeNull();
  expect(gate.request(3, 20)).toBeNull();
  expect(gate.done(60)).toBe(3);
  expect(gate.done(90)).toBeNull();
});

it("is overtaken when a seek takes too long", () => {
  const gate = new SeekGate(250);
  gate.request(1, 0);
  expect(gate.request(2, 249)).toBeNull();
  expect(gate.overdue(249)).toBeNull();
  expect(gate.overdue(250)).toBe(2);
  // That seek has its own patience.
  expect(gate.request(3, 300)).toBeNull();
});

it("forgets wishes with the window they belong to", () => {
  const gate = new SeekGate();
  gate.request(1, 0);
  gate.request(2, 1);
  gate.forget();
  expect(gate.done(2)).toBeNull();
  expect(gate.request(3, 3)).toBe(3);
});
