import type { VNode } from "preact";
import { useState } from "preact/hooks";

import { rulesOf } from "../alerts/alerts";
import { AlertRow } from "../alerts/AlertRow";
import { Snoozed } from "../alerts/Snooze";
import { useSnoozes } from "../alerts/useSnoozes";
import { getChannels } from "../api";
import { useAgain } from "../coverage/useAgain";
import { Loading } from "../parts/Loading";
import { alerts, alertsFailed, moreAlerts, olderAlerts, useAlerts } from "../state/alerts";
import { cameras } from "../state/server";
import { useNow } from "../time/useNow";
import type { Alert, Camera, Channel } from "../wire";

const CHANNELS_AGAIN_MS = 10_000;

/** What people on duty are told of, the newest first. */
export function AlertsPage(): VNode {
  useAlerts();
  const [said, setSaid] = useState("");
  const { value: channels } = useAgain(getChannels, CHANNELS_AGAIN_MS);
  const all = cameras.value;
  const list = alerts.value;
  if (!all || (list === null && !alertsFailed.value)) return <Loading text="Loading alerts" />;
  return (
    <section class="page alerts">
      <header class="page-head">
        <h1>Alerts</h1>
        <a class="button" href="/channels">
          Channels
        </a>
      </header>
      <p class="lead">
        What rules told people of, the newest first. Whoever takes an alert sees to it, and nobody else is told. Say whether it was
        right: that shows how good a rule is.
      </p>
      <p role="status" class="sr-only">
        {said}
      </p>
      {alertsFailed.value ? <p class="card-note">Alerts could not be loaded{list ? " anew" : ""}. Trying again.</p> : null}
      {list === null ? null : list.length === 0 ? <Empty channels={channels} /> : <List list={list} all={all} channels={channels} onSaid={setSaid} />}
      {list !== null && list.length > 0 && olderAlerts.value ? <Older /> : null}
    </section>
  );
}

function Empty({ channels }: { channels: readonly Channel[] | null }): VNode {
  return (
    <div class="card">
      <h2>No alerts</h2>
      <p class="card-note">
        Nothing has happened of which people are to be told. What rules see makes alerts: set rules on a camera's page, under Rules.
      </p>
      {channels?.length === 0 ? (
        <p>
          Alerts come to this page in any case. <a href="/channels">Add a channel</a> to have them elsewhere as well.
        </p>
      ) : null}
    </div>
  );
}

interface ListProps {
  list: readonly Alert[];
  all: readonly Camera[];
  channels: readonly Channel[] | null;
  onSaid: (text: string) => void;
}

function List({ list, all, channels, onSaid }: ListProps): VNode {
  const now = useNow(1_000);
  const rules = rulesOf(list);
  const snoozes = useSnoozes(rules.map(({ id }) => id));
  const snoozed = rules.flatMap(({ id, name }) => {
    const untilUs = snoozes.get(id) ?? 0;
    return untilUs > now ? [{ id, name, untilUs }] : [];
  });
  return (
    <>
      {snoozed.length > 0 ? (
        <ul class="snoozes" aria-label="Snoozed rules">
          {snoozed.map(({ id, name, untilUs }) => (
            <Snoozed key={id} rule={id} name={name} untilUs={untilUs} now={now} onSaid={onSaid} />
          ))}
        </ul>
      ) : null}
      <ul class="alert-list" aria-label="Alerts">
        {list.map((alert) => (
          <AlertRow key={alert.id} alert={alert} cameras={all} channels={channels} nowUs={now} onSaid={onSaid} />
        ))}
      </ul>
    </>
  );
}

function Older(): VNode {
  const [loading, setLoading] = useState(false);
  const more = async (): Promise<void> => {
    setLoading(true);
    await moreAlerts();
    setLoading(false);
  };
  return (
    <button type="button" class="button" disabled={loading} onClick={() => void more()}>
      {loading ? "Loading" : "Show older alerts"}
    </button>
  );
}
