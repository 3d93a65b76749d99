/** The live WebSocket's messages, in the order they came: text says what the next bytes are. */

import type { ClockPair } from "./liveEdge";

export interface LiveFormat {
  codec: string;
  width: number;
  height: number;
  run: string;
}

export type Step =
  | { kind: "format"; format: LiveFormat }
  | { kind: "init"; data: ArrayBuffer }
  | { kind: "chunk"; data: ArrayBuffer }
  | { kind: "clock"; clock: ClockPair }
  | { kind: "paused"; reason: string };

/** The server sent something that makes no sense where it stands: connect again. */
export class ProtocolError extends Error {
  override name = "ProtocolError";
}

/** Gives each message its meaning: the first bytes after a format are its init segment, later ones are chunks. */
export class MessageReader {
  private expects: "format" | "init" | "chunk" = "format";

  /** The step a message stands for; null for a kind of text that this version does not know. */
  read(message: string | ArrayBuffer): Step | null {
    return typeof message === "string" ? this.text(message) : this.bytes(message);
  }

  private bytes(data: ArrayBuffer): Step {
    if (this.expects === "format") throw new ProtocolError("media before its format");
    if (this.expects === "init") {
      this.expects = "chunk";
      return { kind: "init", data };
    }
    return { kind: "chunk", data };
  }

  private text(message: string): Step | null {
    const said = parse(message);
    switch (said["type"]) {
      case "format":
        this.expects = "init";
        return {
          kind: "format",
          format: {
            codec: string(said, "codec"),
            width: number(said, "width"),
            height: number(said, "height"),
            run: String(said["run"]),
          },
        };
      case "clock":
        return { kind: "clock", clock: { ptsTicks: number(said, "pts_ticks"), wallUs: number(said, "wall_us") } };
      case "paused":
        return { kind: "paused", reason: typeof said["reason"] === "string" ? said["reason"] : "" };
      default:
        return null;
    }
  }
}

function parse(message: string): Record<string, unknown> {
  try {
    const said: unknown = JSON.parse(message);
    if (typeof said === "object" && said !== null) return said as Record<string, unknown>;
  } catch {
    // Falls through to the error below.
  }
  throw new ProtocolError("text that is not a JSON object");
}

function number(said: Record<string, unknown>, key: string): number {
  const value = said[key];
  if (typeof value !== "number" || !Number.isFinite(value)) throw new ProtocolError(`${key} is not a number`);
  return value;
}

function string(said: Record<string, unknown>, key: string): string {
  const value = said[key];
  if (typeof value !== "string") throw new ProtocolError(`${key} is not text`);
  return value;
}

/** Steps that wait for the decoder. Chunks that stand next to each other leave together, nothing ever overtakes. */
export class StepQueue {
  private steps: Step[] = [];
  private waiting = 0;

  /** Bytes of media that wait. */
  get bytes(): number {
    return this.waiting;
  }

  get length(): number {
    return this.steps.length;
  }

  push(step: Step): void {
    // A new run makes everything before it worthless: its media would be removed at once.
    if (step.kind === "format") this.clear();
    this.steps.push(step);
    this.waiting += sizeOf(step);
  }

  next(): Step | undefined {
    const first = this.steps.shift();
    if (first?.kind !== "chunk") {
      if (first) this.waiting -= sizeOf(first);
      return first;
    }
    const chunks = [first.data];
    while (this.steps[0]?.kind === "chunk") chunks.push((this.steps.shift() as { data: ArrayBuffer }).data);
    const data = joined(chunks);
    this.waiting -= data.byteLength;
    return { kind: "chunk", data };
  }

  clear(): void {
    this.steps = [];
    this.waiting = 0;
  }
}

function sizeOf(step: Step): number {
  return step.kind === "init" || step.kind === "chunk" ? step.data.byteLength : 0;
}

function joined(parts: readonly ArrayBuffer[]): ArrayBuffer {
  const only = parts[0];
  if (parts.length === 1 && only) return only;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(new Uint8Array(part), offset);
    offset += part.byteLength;
  }
  return whole.buffer;
}
