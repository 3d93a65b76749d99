import type { VNode } from "preact";
import { useEffect, useRef } from "preact/hooks";

import { countText } from "../alerts/alerts";
import * as api from "../api";
import { alertNews, useAlertNews } from "../state/alerts";
import { route } from "../state/router";
import { cameras, health, leave, version } from "../state/server";
import { isFull, isOn, worstHealth } from "../words";
import { Icon, Logo } from "./icons";

export function TopBar({ name }: { name: string }): VNode {
  const at = route.value.page;
  const current = (page: string): { "aria-current"?: "page" } => (at === page ? { "aria-current": "page" } : {});
  return (
    <header class="topbar">
      <a class="brand" href="/" aria-label="watchglass, wall">
        <Logo />
        <span class="brand-name">watchglass</span>
      </a>
      <nav aria-label="Main">
        <a href="/" {...current("wall")}>
          Wall
        </a>
        <a href="/alerts" {...current("alerts")}>
          Alerts
          <Untaken />
        </a>
        <a href="/events" {...current("events")}>
          Events
        </a>
        <a href="/holds" {...current("holds")}>
          Holds
        </a>
        <a href="/originals" {...current("originals")}>
          Originals
        </a>
        <a href="/health" {...current("health")}>
          Health
          <Trouble />
        </a>
        <a href="/add" {...current("add")}>
          <span class="wide-only">Add camera</span>
          <span class="narrow-only" aria-label="Add camera">
            Add
          </span>
        </a>
      </nav>
      <AccountMenu name={name} />
    </header>
  );
}

/** How many alerts nobody has taken. */
function Untaken(): VNode | null {
  useAlertNews();
  const untaken = alertNews.value?.untaken ?? 0;
  if (untaken === 0) return null;
  return (
    <span class="nav-count">
      {countText(untaken)}
      <span class="sr-only"> not taken</span>
    </span>
  );
}

/** A dot beside "Health" while something is wrong there. */
function Trouble(): VNode | null {
  const down = cameras.value?.some((camera) => isOn(camera) && worstHealth(camera).state === "down") ?? false;
  const full = health.value ? isFull(health.value) : false;
  const away = health.value?.disks.some((disk) => disk.state !== "ok") ?? false;
  const stopped = health.value?.processes.some((process) => isStopped(process.state)) ?? false;
  if (!down && !full && !away && !stopped) return null;
  return <span class="dot dot-down nav-dot" role="img" aria-label="needs attention" />;
}

export function isStopped(state: string): boolean {
  return !["up", "running", "starting"].includes(state);
}

function AccountMenu({ name }: { name: string }): VNode {
  const menu = useRef<HTMLDetailsElement>(null);
  useEffect(() => {
    const close = (event: Event): void => {
      const details = menu.current;
      if (!details?.open) return;
      if (event instanceof KeyboardEvent) {
        if (event.key !== "Escape") return;
        details.querySelector("summary")?.focus();
      } else if (event.target instanceof Node && details.contains(event.target)) return;
      details.open = false;
    };
    document.addEventListener("pointerdown", close);
    document.addEventListener("keydown", close);
    return () => {
      document.removeEventListener("pointerdown", close);
      document.removeEventListener("keydown", close);
    };
  }, []);
  const out = async (): Promise<void> => {
    try {
      await api.signOut();
    } catch {
      // The session ends here in any case; the server ends it by itself when it expires.
    }
    leave(false);
  };
  return (
    <details class="menu" ref={menu}>
      <summary aria-label={`Account ${name}`}>
        <span class="avatar" aria-hidden="true">
          {name.slice(0, 1).toUpperCase()}
        </span>
        <span class="wide-only menu-name">{name}</span>
        <Icon name="down" />
      </summary>
      <div class="menu-list">
        <p class="menu-note">
          Signed in as <strong>{name}</strong>
        </p>
        <button type="button" onClick={out}>
          Sign out
        </button>
        <p class="menu-note">watchglass {version.value}</p>
      </div>
    </details>
  );
}
