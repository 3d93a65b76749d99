import type { VNode } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { Icon } from "../parts/icons";
import type { CameraSource, ProbedStream } from "../wire";
import { streamWords } from "../words";

type Test =
  | { kind: "none" }
  | { kind: "running" }
  | { kind: "found"; streams: ProbedStream[] }
  | { kind: "failed"; sentence: string };

export interface StreamTestState {
  test: Test;
  run: (source: CameraSource) => Promise<void>;
  /** What was found belongs to what was entered then. */
  forget: () => void;
}

/** Opens the streams of a camera that is to be added, for a moment. */
export function useStreamTest(): StreamTestState {
  const [test, setTest] = useState<Test>({ kind: "none" });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);
  const run = async (source: CameraSource): Promise<void> => {
    const abort = new AbortController();
    running.current = abort;
    setTest({ kind: "running" });
    try {
      setTest({ kind: "found", streams: await api.probe(source, abort.signal) });
    } catch (failure) {
      if (abort.signal.aborted) return;
      setTest({ kind: "failed", sentence: failure instanceof Error ? failure.message : "The test failed." });
    }
  };
  const forget = (): void => {
    running.current?.abort();
    setTest({ kind: "none" });
  };
  return { test, run, forget };
}

interface StreamTestProps {
  state: StreamTestState;
  /** Null while there is nothing to be tested. */
  source: CameraSource | null;
}

/** The button that tests, and what the test found: words, never a picture. */
export function StreamTest({ state: { test, run }, source }: StreamTestProps): VNode {
  return (
    <div class="test-row">
      <button type="button" class="button" disabled={source === null || test.kind === "running"} onClick={() => source && void run(source)}>
        {test.kind === "running" ? "Testing" : "Test"}
      </button>
      <div class="test-result" role="status">
        {test.kind === "running" ? <p class="muted">Asking the camera. This may take some seconds.</p> : null}
        {test.kind === "failed" ? <p class="form-error">{test.sentence}</p> : null}
        {test.kind === "found" ? (
          <ul class="found">
            {test.streams.map((stream) => (
              <li key={stream.role}>
                <Icon name="check" />
                <span>
                  <strong>{stream.role === "main" ? "Main stream" : "Substream"}</strong>: {streamWords(stream)}
                </span>
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </div>
  );
}
