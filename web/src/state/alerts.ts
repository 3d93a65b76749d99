/** Alerts as the server has them. How many are to be taken is asked for always, the list only while a page shows it. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";

import { refreshed, withAlert } from "../alerts/alerts";
import * as api from "../api";
import type { Alert } from "../wire";
import { Poll } from "./poll";
import { kept, reached, session } from "./server";

const PAGE = 50;
const MOST = 500;
const AGAIN_MS = 3_000;

export interface AlertNews {
  untaken: number;
  revision: number;
}

/** Null until the first answer. */
export const alertNews = signal<AlertNews | null>(null);
/** The newest first; null until the first answer. */
export const alerts = signal<Alert[] | null>(null);
/** Whether there may be older ones than are loaded. */
export const olderAlerts = signal(false);
/** True while asking for them fails. */
export const alertsFailed = signal(false);

let watching = false;
// Of the list that is shown; null: it is to be asked for.
let revision: number | null = null;
// An answer that was under way while somebody here took or judged an alert tells of the time before.
let changes = 0;

async function loadNews(): Promise<void> {
  const { untaken, revision: now } = await api.getAlerts(1);
  if (session.value.kind !== "in") return;
  alertNews.value = kept(alertNews.value, { untaken, revision: now });
  while (watching && alertNews.value && revision !== alertNews.value.revision) await loadList();
}

async function loadList(): Promise<void> {
  const before = changes;
  const first = alerts.value === null;
  const wanted = Math.min(MOST, Math.max(PAGE, alerts.value?.length ?? 0));
  const page = await api.getAlerts(wanted);
  if (session.value.kind !== "in" || before !== changes) return;
  alerts.value = refreshed(alerts.value ?? [], page.alerts, wanted);
  if (first || page.alerts.length < wanted) olderAlerts.value = page.alerts.length === wanted;
  revision = page.revision;
  alertNews.value = kept(alertNews.value, { untaken: page.untaken, revision: page.revision });
}

const poll = new Poll(async () => {
  const well = await reached(loadNews);
  alertsFailed.value = !well;
  return well;
}, AGAIN_MS);

function forget(): void {
  revision = null;
  alerts.value = null;
  olderAlerts.value = false;
}

session.subscribe((who) => {
  // Nobody is signed in any more: forget what only they may see.
  if (who.kind === "in") return;
  alertNews.value = null;
  forget();
});

/** Keeps `alertNews` up to date while the bar is there. */
export function useAlertNews(): void {
  useEffect(() => {
    poll.start();
    return () => poll.stop();
  }, []);
}

/** Keeps `alerts` up to date while the page is there. */
export function useAlerts(): void {
  useEffect(() => {
    watching = true;
    void poll.now();
    return () => {
      watching = false;
      forget();
    };
  }, []);
}

/** Adds a page of older ones. */
export async function moreAlerts(): Promise<void> {
  const last = alerts.value?.at(-1);
  if (!last) return;
  await reached(async () => {
    const page = await api.getAlerts(PAGE, last.id);
    if (alerts.value?.at(-1)?.id !== last.id) return;
    alerts.value = [...alerts.value, ...page.alerts];
    olderAlerts.value = page.alerts.length === PAGE;
  });
}

/** An alert as the server has just answered it: shown at once, and all is asked for anew. */
export function noteAlert(alert: Alert): void {
  changes += 1;
  if (alerts.value) alerts.value = withAlert(alerts.value, alert);
  revision = null;
  void poll.now();
}
