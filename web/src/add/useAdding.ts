import { useState } from "preact/hooks";

import * as api from "../api";
import { go } from "../state/router";
import { refreshCameras } from "../state/server";
import type { NewCamera } from "../wire";

interface Adding {
  add: (camera: NewCamera) => Promise<void>;
  busy: boolean;
  error: string | null;
  clear: () => void;
}

/** Adds a camera, then goes to where it is aimed. */
export function useAdding(): Adding {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const add = async (camera: NewCamera): Promise<void> => {
    setBusy(true);
    setError(null);
    try {
      const { id, policy } = await api.addCamera(camera);
      await refreshCameras();
      go(policy === "counts-only" ? `/camera/${id}` : `/camera/${id}/aim`);
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The camera could not be added.");
      setBusy(false);
    }
  };
  return { add, busy, error, clear: () => setError(null) };
}
