import type { ComponentChildren, VNode } from "preact";

import { countText } from "../alerts/alerts";
import * as api from "../api";
import { alertNews, useAlertNews } from "../state/alerts";
import { route, type Route } from "../state/router";
import { cameras, health, leave, version } from "../state/server";
import { isFull, isOn, worstHealth } from "../words";
import { Icon, Logo } from "./icons";
import { Menu } from "./Menu";

type Page = Route["page"];

/** On a narrow screen these are under "More". */
const SECOND: { page: Page; text: string }[] = [
  { page: "holds", text: "Holds" },
  { page: "originals", text: "Originals" },
  { page: "health", text: "Health" },
  { page: "add", text: "Add camera" },
];

export function TopBar({ name }: { name: string }): VNode {
  const at = route.value.page;
  const current = (page: Page): { "aria-current"?: "page" } => (at === page ? { "aria-current": "page" } : {});
  const second = (look: string): VNode[] =>
    SECOND.map(({ page, text }) => (
      <a key={page} class={look} href={`/${page}`} {...current(page)}>
        {text}
        {page === "health" ? <Trouble /> : null}
      </a>
    ));
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
        {second("nav-second")}
        <More here={SECOND.some(({ page }) => page === at)}>{second("")}</More>
      </nav>
      <AccountMenu name={name} />
    </header>
  );
}

function More({ here, children }: { here: boolean; children: ComponentChildren }): VNode {
  return (
    <Menu
      class={here ? "nav-more nav-here" : "nav-more"}
      summary={
        <>
          More
          <Trouble />
          <Icon name="down" />
        </>
      }
    >
      {children}
    </Menu>
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
  const out = async (): Promise<void> => {
    try {
      await api.signOut();
    } catch {
      // The session ends here in any case; the server ends it by itself when it expires.
    }
    leave(false);
  };
  return (
    <Menu
      label={`Account ${name}`}
      summary={
        <>
          <span class="avatar" aria-hidden="true">
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span class="wide-only menu-name">{name}</span>
          <Icon name="down" />
        </>
      }
    >
      <p class="menu-note">
        Signed in as <strong>{name}</strong>
      </p>
      <a href="/census" {...(route.value.page === "census" ? { "aria-current": "page" } : {})}>
        Census of cameras
      </a>
      <button type="button" onClick={out}>
        Sign out
      </button>
      <p class="menu-note">watchglass {version.value}</p>
    </Menu>
  );
}
