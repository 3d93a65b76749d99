import type { VNode } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { useAgain } from "../coverage/useAgain";
import { ConfirmDialog } from "../parts/ConfirmDialog";
import { FormError } from "../parts/Field";
import { useAction } from "../state/useAction";
import type { Channel } from "../wire";
import { sentence } from "../words";
import { KINDS, testWords, whereWords } from "./channels";

const TEST_AGAIN_MS = 1_000;
const DOTS = { good: "dot dot-up", waiting: "dot dot-starting", bad: "dot dot-down", plain: "dot dot-off" };

interface CardProps {
  channel: Channel;
  onEdit: () => void;
  /** It is another way, or gone where null. */
  onChanged: (channel: Channel | null) => void;
}

/** One channel: where it leads, whether it works, and a test. */
export function ChannelCard({ channel, onEdit, onChanged }: CardProps): VNode {
  const { run, busy, error } = useAction<Channel>();
  const testing = useAction<number>();
  const [test, setTest] = useState<number | null>(null);
  const turn = async (): Promise<void> => {
    const told = await run(() => api.changeChannel(channel.id, { enabled: !channel.enabled }));
    if (told) onChanged(told);
  };
  const send = async (): Promise<void> => {
    setTest(null);
    setTest(await testing.run(() => api.testChannel(channel.id)));
  };
  return (
    <li class="card channel" aria-label={channel.name} data-off={!channel.enabled}>
      <div class="rule-head">
        <h2>{channel.name}</h2>
        <button type="button" class="switch" role="switch" aria-checked={channel.enabled} aria-label={`Channel ${channel.name}`} disabled={busy} onClick={turn}>
          <span class="switch-knob" aria-hidden="true" />
          <span aria-hidden="true">{channel.enabled ? "On" : "Off"}</span>
        </button>
      </div>
      <p>
        {KINDS[channel.kind].title} <span class="address muted">{whereWords(channel)}</span>
      </p>
      {channel.trouble === "" ? null : (
        <p class="channel-trouble">
          <span class="dot dot-down" aria-hidden="true" />
          <span>{sentence(channel.trouble)}</span>
        </p>
      )}
      <div role="status">{test === null ? null : <Became key={test} alert={test} />}</div>
      <FormError text={error ?? testing.error} />
      <div class="form-actions">
        <button type="button" class="button button-small" disabled={!channel.enabled || testing.busy} onClick={() => void send()}>
          Send a test<span class="sr-only"> to {channel.name}</span>
        </button>
        <button type="button" class="button button-small" onClick={onEdit}>
          Change<span class="sr-only"> {channel.name}</span>
        </button>
        <Remove channel={channel} onRemoved={() => onChanged(null)} />
      </div>
    </li>
  );
}

/** What has become of a test alert, until nothing more does. */
function Became({ alert }: { alert: number }): VNode {
  const [over, setOver] = useState(false);
  const ask = useCallback(async () => {
    const words = testWords(await api.getAlert(alert));
    if (words.over) setOver(true);
    return words;
  }, [alert]);
  const { value, failed } = useAgain(ask, over ? 60_000 : TEST_AGAIN_MS);
  if (!value) return <p class="muted">{failed ? "What became of the test could not be loaded. Trying again." : "Sending"}</p>;
  return (
    <p class="channel-test" data-tone={value.tone}>
      <span class={DOTS[value.tone]} aria-hidden="true" />
      <span>{value.text}</span>
    </p>
  );
}

function Remove({ channel, onRemoved }: { channel: Channel; onRemoved: () => void }): VNode {
  const dialog = useRef<HTMLDialogElement>(null);
  const { run, busy, error } = useAction<true>();
  const remove = async (): Promise<void> => {
    const done = await run(async () => {
      await api.removeChannel(channel.id);
      return true;
    });
    if (!done) return;
    dialog.current?.close();
    onRemoved();
  };
  return (
    <>
      <button type="button" class="button button-small button-danger" onClick={() => dialog.current?.showModal()}>
        Remove<span class="sr-only"> {channel.name}</span>
      </button>
      <ConfirmDialog dialog={dialog} title={`Remove ${channel.name}?`} action="Remove" acting="Removing" busy={busy} error={error} onConfirm={() => void remove()}>
        No alert goes there any more, and what still waits for it is not delivered. Its password or key is deleted.
      </ConfirmDialog>
    </>
  );
}
