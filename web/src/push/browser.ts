import * as api from "../api";
import type { Channel } from "../wire";

/** What this browser says about alerts: it cannot; not over plain HTTP; its user refused; off; on. */
export type Standing = "unable" | "insecure" | "refused" | "off" | "on";

const WORKER = "/push.js";

/** Whether alerts reach this browser while the console is closed. `channels` are those that the server has. */
export async function standing(channels: Channel[]): Promise<Standing> {
  if (!window.isSecureContext) return "insecure";
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return "unable";
  if (Notification.permission === "denied") return "refused";
  return (await ofThisBrowser(channels)) ? "on" : "off";
}

/** The channel that leads to this browser, if there is one. */
export async function ofThisBrowser(channels: Channel[]): Promise<Channel | undefined> {
  const subscription = await (await navigator.serviceWorker.getRegistration(WORKER))?.pushManager.getSubscription();
  return subscription ? channels.find((one) => one.kind === "push" && one.settings.endpoint === subscription.endpoint) : undefined;
}

/** Let alerts reach this browser, as a channel with this name. Error with a sentence where it cannot be. */
export async function switchOn(name: string): Promise<void> {
  if ((await Notification.requestPermission()) !== "granted") {
    throw new Error("This browser was not allowed to show notifications. Allow them beside its address bar, then try again.");
  }
  await navigator.serviceWorker.register(WORKER);
  const { pushManager } = await navigator.serviceWorker.ready;
  // One made for another key of ours would be refused by the push service.
  await (await pushManager.getSubscription())?.unsubscribe();
  let subscription: PushSubscription;
  try {
    subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: await api.getPushKey() });
  } catch (failure) {
    if (!(failure instanceof DOMException)) throw failure;
    throw new Error(`This browser cannot reach the push service of its maker: ${failure.message}`, { cause: failure });
  }
  const { p256dh, auth } = subscription.toJSON().keys ?? {};
  await api.addChannel({ name, kind: "push", settings: { endpoint: subscription.endpoint }, secret: JSON.stringify({ p256dh, auth }) });
}

/** Have no more alerts reach this browser. */
export async function switchOff(channels: Channel[]): Promise<void> {
  const channel = await ofThisBrowser(channels);
  if (channel) await api.removeChannel(channel.id);
  await (await (await navigator.serviceWorker.getRegistration(WORKER))?.pushManager.getSubscription())?.unsubscribe();
}

/** What to call it until somebody says otherwise: "Firefox on Linux". */
export function usualName(agent: string): string {
  const browser = /Firefox/.test(agent) ? "Firefox" : /Edg\//.test(agent) ? "Edge" : /Chrome|CriOS/.test(agent) ? "Chrome" : /Safari/.test(agent) ? "Safari" : "Browser";
  const system = [/Android/, /iPhone|iPad/, /Windows/, /Mac OS/, /Linux/].findIndex((one) => one.test(agent));
  return [browser, ["Android", "iOS", "Windows", "macOS", "Linux"][system]].filter(Boolean).join(" on ");
}
