import { describe, expect, it } from "vitest";

import { MessageReader, ProtocolError, StepQueue, type Step } from "./messages";

const FORMAT = JSON.stringify({ type: "format", codec: "avc1.64001f", width: 768, height: 576, run: "r1" });
const CLOCK = JSON.stringify({ type: "clock", pts_ticks: 90_000, wall_us: 5_000_000 });
const bytes = (...values: number[]): ArrayBuffer => new Uint8Array(values).buffer;
const kinds = (reader: MessageReader, messages: (string | ArrayBuffer)[]): (string | undefined)[] =>
  messages.map((message) => reader.read(message)?.kind);

describe("MessageReader", () => {
  it("takes the first bytes after a format for its init segment, whatever text lies between", () => {
    const reader = new MessageReader();
    expect(kinds(reader, [FORMAT, CLOCK, bytes(1), bytes(2), bytes(3)])).toEqual([
      "format",
      "clock",
      "init",
      "chunk",
      "chunk",
    ]);
  });

  it("expects an init segment again after a format in mid-stream", () => {
    const reader = new MessageReader();
    expect(kinds(reader, [FORMAT, bytes(1), bytes(2), FORMAT, bytes(3), CLOCK, bytes(4)])).toEqual([
      "format",
      "init",
      "chunk",
      "format",
      "init",
      "clock",
      "chunk",
    ]);
  });

  it("reads a pause before there is any format, and one without a reason", () => {
    const reader = new MessageReader();
    expect(reader.read('{"type":"paused","reason":"The camera is off"}')).toEqual({
      kind: "paused",
      reason: "The camera is off",
    });
    expect(reader.read('{"type":"paused"}')).toEqual({ kind: "paused", reason: "" });
  });

  it("passes over kinds of text that a later server may send", () => {
    expect(new MessageReader().read('{"type":"weather"}')).toBeNull();
  });

  it("refuses media without a format and text that is broken", () => {
    expect(() => new MessageReader().read(bytes(1))).toThrow(ProtocolError);
    expect(() => new MessageReader().read("{")).toThrow(ProtocolError);
    expect(() => new MessageReader().read("7")).toThrow(ProtocolError);
    expect(() => new MessageReader().read('{"type":"format","codec":"avc1"}')).toThrow(ProtocolError);
    expect(() => new MessageReader().read('{"type":"clock","pts_ticks":"9","wall_us":1}')).toThrow(ProtocolError);
  });
});

describe("StepQueue", () => {
  const chunk = (...values: number[]): Step => ({ kind: "chunk", data: bytes(...values) });
  const clock: Step = { kind: "clock", clock: { ptsTicks: 0, wallUs: 0 } };

  it("joins neighbouring chunks in their order", () => {
    const queue = new StepQueue();
    queue.push(chunk(1, 2));
    queue.push(chunk(3));
    const step = queue.next();
    expect(step?.kind === "chunk" ? [...new Uint8Array(step.data)] : []).toEqual([1, 2, 3]);
    expect(queue.next()).toBeUndefined();
    expect(queue.bytes).toBe(0);
  });

  it("lets no chunk overtake what stands between", () => {
    const queue = new StepQueue();
    for (const step of [chunk(1), clock, chunk(2), chunk(3)]) queue.push(step);
    expect([queue.next()?.kind, queue.next()?.kind, queue.next()?.kind, queue.next()]).toEqual([
      "chunk",
      "clock",
      "chunk",
      undefined,
    ]);
  });

  it("drops what waits when a new run begins", () => {
    const queue = new StepQueue();
    queue.push(chunk(1, 2, 3));
    queue.push({ kind: "format", format: { codec: "avc1.64001f", width: 1, height: 1, run: "r2" } });
    queue.push({ kind: "init", data: bytes(9) });
    expect(queue.bytes).toBe(1);
    expect([queue.next()?.kind, queue.next()?.kind, queue.next()]).toEqual(["format", "init", undefined]);
  });
});
