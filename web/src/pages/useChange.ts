import { useState } from "preact/hooks";

import { refreshCameras } from "../state/server";

/** Runs a change and then shows the camera as the server has it. */
export function useChange(): { run: (change: () => Promise<void>) => Promise<boolean>; busy: boolean; error: string | null } {
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<string | null>(null);
  const run = async (change: () => Promise<void>): Promise<boolean> => {
    setBusy(true);
    setError(null);
    try {
      await change();
      await refreshCameras();
      return true;
    } catch (failure) {
      setError(failure instanceof Error ? failure.message : "The change was not made.");
      return false;
    } finally {
      setBusy(false);
    }
  };
  return { run, busy, error };
}
