import type { VNode } from "preact";
import { useEffect } from "preact/hooks";

import { AddCamera } from "./pages/AddCamera";
import { AlertLink } from "./pages/AlertLink";
import { AlertsPage } from "./pages/AlertsPage";
import { Aim } from "./pages/Aim";
import { CameraPage } from "./pages/CameraPage";
import { CameraSettings } from "./pages/CameraSettings";
import { CensusPage } from "./pages/CensusPage";
import { ChannelsPage } from "./pages/ChannelsPage";
import { EventsPage } from "./pages/EventsPage";
import { HealthPage } from "./pages/HealthPage";
import { HoldsPage } from "./pages/HoldsPage";
import { Missing } from "./pages/Missing";
import { OriginalsPage } from "./pages/OriginalsPage";
import { RuleAlertsPage } from "./pages/RuleAlertsPage";
import { RulePage } from "./pages/RulePage";
import { Setup } from "./pages/Setup";
import { SignIn } from "./pages/SignIn";
import { Wall } from "./pages/Wall";
import { GoneBanner } from "./parts/GoneBanner";
import { Loading } from "./parts/Loading";
import { TopBar } from "./parts/TopBar";
import { route, type Route } from "./state/router";
import { cameraById, session } from "./state/server";

const TITLES: Record<Route["page"], string> = {
  wall: "Wall",
  camera: "Camera",
  aim: "Aim",
  settings: "Settings",
  rule: "Rule",
  "rule-alerts": "Alerts of a rule",
  add: "Add a camera",
  alerts: "Alerts",
  census: "Census of cameras",
  channels: "Channels",
  events: "Events",
  holds: "Holds",
  originals: "Originals",
  health: "Health",
  setup: "Set-up",
  alert: "Alert",
  missing: "Not found",
};

function titleOf(at: Route): string {
  const camera = "id" in at ? cameraById(at.id) : undefined;
  const page = at.page === "camera" && camera ? camera.name : TITLES[at.page];
  return camera && at.page !== "camera" ? `${page}: ${camera.name} · watchglass` : `${page} · watchglass`;
}

function pageOf(at: Route): VNode {
  switch (at.page) {
    case "wall":
      return <Wall />;
    case "camera":
      return <CameraPage key={at.id} id={at.id} atUs={at.atUs} />;
    case "aim":
      return <Aim key={at.id} id={at.id} />;
    case "settings":
      return <CameraSettings key={at.id} id={at.id} />;
    case "rule":
      return <RulePage key={`${at.id} ${at.rule ?? ""}`} id={at.id} rule={at.rule} />;
    case "rule-alerts":
      return <RuleAlertsPage key={`${at.id} ${at.rule}`} id={at.id} rule={at.rule} />;
    case "alerts":
      return <AlertsPage />;
    case "census":
      return <CensusPage key={at.name} name={at.name} />;
    case "channels":
      return <ChannelsPage />;
    case "events":
      return <EventsPage key={at.camera} camera={at.camera} />;
    case "add":
      return <AddCamera />;
    case "holds":
      return <HoldsPage />;
    case "originals":
      return <OriginalsPage />;
    case "health":
      return <HealthPage />;
    case "alert":
      return <AlertLink token={at.token} />;
    case "setup":
    case "missing":
      return <Missing />;
  }
}

export function App(): VNode {
  const who = session.value;
  const at = route.value;
  const title = who.kind === "in" || at.page === "alert" ? titleOf(at) : who.kind === "setup" ? "Set-up · watchglass" : "Sign in · watchglass";
  useEffect(() => {
    document.title = title;
  }, [title]);

  // Whoever has a link from a message need not sign in.
  if (at.page === "alert") return pageOf(at);
  if (who.kind === "unknown") {
    return (
      <>
        <GoneBanner />
        <Loading text="Asking the server" />
      </>
    );
  }
  if (who.kind === "setup") return <Setup token={at.page === "setup" ? at.token : ""} />;
  if (who.kind === "out") return <SignIn ended={who.ended} />;
  return (
    <>
      <a class="skip" href="#main">
        Skip to content
      </a>
      <TopBar name={who.name} />
      <GoneBanner />
      <main id="main" tabIndex={-1}>
        {pageOf(at)}
      </main>
    </>
  );
}
