import type { VNode } from "preact";
import { useCallback, useRef, useState } from "preact/hooks";

import * as api from "../api";
import { ChannelCard } from "../channels/ChannelCard";
import { ChannelForm } from "../channels/ChannelForm";
import { useAgain } from "../coverage/useAgain";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { ThisBrowser } from "../push/ThisBrowser";
import type { Channel } from "../wire";

const AGAIN_MS = 3_000;

/** By which ways alerts reach people who do not look at the console. */
export function ChannelsPage(): VNode {
  const [version, setVersion] = useState(0);
  // eslint-disable-next-line react-hooks/exhaustive-deps -- what somebody here has changed is asked for at once
  const ask = useCallback(() => api.getChannels(), [version]);
  const { value: list, failed } = useAgain(ask, AGAIN_MS);
  const [doing, setDoing] = useState<{ channel: Channel | null } | null>(null);
  const [said, setSaid] = useState("");
  const [key, setKey] = useState("");
  const notice = useRef<HTMLDivElement>(null);
  const changed = (text: string, newKey = ""): void => {
    setVersion((before) => before + 1);
    setSaid(text);
    setKey(newKey);
    // What was pressed may be gone: keyboards go on from what was said.
    if (text !== "") notice.current?.focus();
  };
  if (list === null && !failed) return <Loading text="Loading channels" />;
  return (
    <section class="page channels">
      <p class="crumb">
        <a href="/alerts">
          <Icon name="left" /> Alerts
        </a>
      </p>
      <header class="page-head">
        <h1>Channels</h1>
        <button type="button" class="button button-main" onClick={() => setDoing({ channel: null })}>
          <Icon name="plus" /> Add a channel
        </button>
      </header>
      <p class="lead">
        By these ways alerts reach people who do not look at the console, where every alert is in any case. Each rule says which
        channels it tells.
      </p>
      <div role="status" tabIndex={-1} ref={notice} class="holds-said">
        {said ? <p class="form-note">{said}</p> : null}
      </div>
      {key === "" ? null : <NewKey text={key} onSeen={() => setKey("")} />}
      {failed ? <p class="card-note">Channels could not be loaded{list ? " anew" : ""}. Trying again.</p> : null}
      {list?.length === 0 ? <p class="card card-note">No channel yet: alerts are on the console alone.</p> : null}
      <ul class="channel-list" aria-label="Channels">
        {list?.map((channel) => (
          <ChannelCard
            key={channel.id}
            channel={channel}
            onEdit={() => setDoing({ channel })}
            onChanged={(now) => changed(now ? "" : `${channel.name} was removed.`)}
          />
        ))}
      </ul>
      {list ? <ThisBrowser channels={list} onChange={changed} /> : null}
      {doing ? (
        <ChannelForm
          channel={doing.channel}
          onDone={({ name }, newKey) => changed(doing.channel ? `${name} was changed.` : `${name} was added. Send a test to see that it works.`, newKey)}
          onClosed={() => setDoing(null)}
        />
      ) : null}
    </section>
  );
}

/** The key that was made for a webhook: whoever sets its receiver up needs it, and it is not shown again. */
function NewKey({ text, onSeen }: { text: string; onSeen: () => void }): VNode {
  return (
    <div class="card new-key">
      <h2>Its signing key</h2>
      <p>
        <code>{text}</code>
      </p>
      <p class="card-note">Set the receiver up with it now: it is not shown again.</p>
      <button type="button" class="button button-small" onClick={onSeen}>
        I have it
      </button>
    </div>
  );
}
