import { refreshCameras } from "../state/server";
import { useAction } from "../state/useAction";

/** Runs a change and then shows the camera as the server has it. */
export function useChange(): { run: (change: () => Promise<void>) => Promise<boolean>; busy: boolean; error: string | null } {
  const { run, busy, error } = useAction<true>();
  const change = async (call: () => Promise<void>): Promise<boolean> => {
    const done = await run(async () => {
      await call();
      await refreshCameras();
      return true;
    });
    return done ?? false;
  };
  return { run: change, busy, error };
}
