import { render } from "preact";

import { App } from "./App";
import { startRouter } from "./state/router";
import { start } from "./state/server";
import "./styles/base.css";
import "./styles/controls.css";
import "./styles/shell.css";
import "./styles/wall.css";
import "./styles/camera.css";
import "./styles/pages.css";
import "./styles/coverage.css";
import "./styles/add.css";
import "./styles/holds.css";
import "./styles/rules.css";
import "./styles/alerts.css";
import "./styles/census.css";

const root = document.getElementById("app");
if (root) {
  startRouter();
  start();
  render(<App />, root);
}
