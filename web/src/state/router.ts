/** Where in the console we are: the address bar, as one value. */

import { signal } from "@preact/signals";

export type Route =
  | { page: "wall" }
  | { page: "camera"; id: number; atUs: number | null }
  | { page: "aim"; id: number }
  | { page: "settings"; id: number }
  | { page: "rule"; id: number; rule: number | null }
  | { page: "rule-alerts"; id: number; rule: number }
  | { page: "add" }
  | { page: "alerts" }
  | { page: "channels" }
  | { page: "events"; camera: number | null }
  | { page: "holds" }
  | { page: "originals" }
  | { page: "census"; name: string | null }
  | { page: "health" }
  | { page: "setup"; token: string }
  | { page: "alert"; token: string }
  | { page: "missing" };

/** The page an address stands for. The token stays in the hash, which no browser sends to a server. */
export function routeOf(address: Pick<URL, "pathname" | "search" | "hash">): Route {
  const parts = address.pathname.split("/").filter((part) => part !== "");
  const [first, second, third, fourth, fifth] = parts;
  if (first === undefined) return { page: "wall" };
  if (first === "camera" && second !== undefined && /^\d+$/.test(second) && parts.length <= 5) {
    const id = Number(second);
    if (third === "rules" && fourth !== undefined) {
      if (fourth === "new" && fifth === undefined) return { page: "rule", id, rule: null };
      if (!/^\d+$/.test(fourth) || (fifth ?? "alerts") !== "alerts") return { page: "missing" };
      return { page: fifth === undefined ? "rule" : "rule-alerts", id, rule: Number(fourth) };
    }
    if (fourth !== undefined) return { page: "missing" };
    if (third === undefined) return { page: "camera", id, atUs: momentOf(address.search) };
    if (third === "aim" || third === "settings") return { page: third, id };
  }
  if (first === "census" && parts.length <= 2) {
    if (second === undefined) return { page: "census", name: null };
    if (/^[a-z0-9][a-z0-9-]{0,63}$/.test(second)) return { page: "census", name: second };
  }
  if (parts.length === 1) {
    if (first === "add" || first === "alerts" || first === "channels" || first === "health" || first === "holds" || first === "originals") {
      return { page: first };
    }
    if (first === "events") return { page: "events", camera: idOf(address.search, "camera") };
    if (first === "setup" || first === "alert") return { page: first, token: decodeURIComponent(address.hash.slice(1)) };
  }
  return { page: "missing" };
}

function idOf(search: string, name: string): number | null {
  const id = new URLSearchParams(search).get(name);
  return id !== null && /^\d{1,15}$/.test(id) ? Number(id) : null;
}

function momentOf(search: string): number | null {
  const at = new URLSearchParams(search).get("at");
  return at !== null && /^\d{1,16}$/.test(at) ? Number(at) : null;
}

export const route = signal<Route>({ page: "wall" });

function follow(): void {
  route.value = routeOf(location);
}

/** Goes to an address of ours without loading the page anew. */
export function go(address: string, how: "push" | "replace" = "push"): void {
  if (how === "push") history.pushState(null, "", address);
  else history.replaceState(null, "", address);
  follow();
  scrollTo(0, 0);
}

/** Follows the back button, and clicks on plain links to our own pages. */
export function startRouter(): void {
  follow();
  addEventListener("popstate", follow);
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    const link = event.target instanceof Element ? event.target.closest("a") : null;
    if (!link || event.defaultPrevented || event.button !== 0) return;
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    if (link.origin !== location.origin || link.target || link.hasAttribute("download")) return;
    if (link.pathname.startsWith("/api/")) return;
    event.preventDefault();
    go(link.pathname + link.search + link.hash);
  });
}
