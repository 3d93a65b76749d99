"use strict";
// The report's own script: sorting of tables, and the map. It asks nothing of any network, and writes text as text only.

for (const table of document.querySelectorAll("table.sortable")) {
  const heads = [...table.tHead.rows[0].cells];
  const body = table.tBodies[0];
  heads.forEach((head, column) => {
    head.querySelector("button").addEventListener("click", () => {
      const down = head.getAttribute("aria-sort") === "none" ? column > 0 : head.getAttribute("aria-sort") === "ascending";
      const value = (row) => row.cells[column].dataset.sort;
      const rows = [...body.rows].sort((one, other) => {
        const [a, b] = [value(one), value(other)];
        if (a === undefined || b === undefined) return (a === undefined) - (b === undefined); // not known: always last
        const numbers = head.dataset.kind === "number";
        const order = numbers ? a - b : a.localeCompare(b);
        return down ? -order : order;
      });
      heads.forEach((other) => other.setAttribute("aria-sort", "none"));
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
      body.append(...rows);
    });
  });
}

// On paper nothing can be opened: all of it is.
const opened = [];
addEventListener("beforeprint", () => {
  for (const one of document.querySelectorAll("details:not([open])")) {
    one.open = true;
    opened.push(one);
  }
});
addEventListener("afterprint", () => {
  while (opened.length) opened.pop().open = false;
});

const place = document.getElementById("canvas");
if (place) drawMap(place, JSON.parse(document.getElementById("layers").textContent));

function drawMap(canvas, layers) {
  const RADIUS = 6371008.8;
  const CROWD = 2000; // more dots than these in sight: hexagons
  const RAMPS = {
    light: ["#d5e6f2", "#a3c8e0", "#6aa3cb", "#3579b0", "#12487f"],
    dark: ["#1d3a52", "#2b5b80", "#4a88b5", "#7fb4da", "#d5e6f2"],
  };
  const context = canvas.getContext("2d");
  const byId = (id) => document.getElementById(id);
  const told = byId("told");

  // ---- places: Mercator, in metres from the middle of all there is, true to scale there
  const mercator = (latitude) => Math.log(Math.tan(Math.PI / 4 + (Math.max(-85, Math.min(85, latitude)) * Math.PI) / 360));
  const spread = { west: Infinity, east: -Infinity, south: Infinity, north: -Infinity };
  const coordinates = (geometry, each) => {
    const go = (some) => (typeof some[0] === "number" ? each(some[0], some[1]) : some.forEach(go));
    if (geometry && geometry.coordinates) go(geometry.coordinates);
    else if (geometry && geometry.geometries) geometry.geometries.forEach((one) => coordinates(one, each));
  };
  const bounding = layers.areas.features.length ? ["areas"] : ["cameras", "hexagons", "seen"];
  for (const name of bounding) {
    for (const feature of layers[name].features) {
      coordinates(feature.geometry, (x, y) => {
        spread.west = Math.min(spread.west, x);
        spread.east = Math.max(spread.east, x);
        spread.south = Math.min(spread.south, y);
        spread.north = Math.max(spread.north, y);
      });
    }
  }
  const latitude0 = (spread.south + spread.north) / 2;
  const longitude0 = (spread.west + spread.east) / 2;
  const unit = RADIUS * Math.cos((latitude0 * Math.PI) / 180);
  const y0 = mercator(latitude0);
  const project = (x, y) => [((x - longitude0) * Math.PI * unit) / 180, (y0 - mercator(y)) * unit];
  const latitudeOf = (y) => ((2 * Math.atan(Math.exp(y0 - y / unit)) - Math.PI / 2) * 180) / Math.PI;

  function shape(feature) {
    const path = new Path2D();
    const box = [Infinity, Infinity, -Infinity, -Infinity];
    const ring = (points) => {
      points.forEach(([longitude, latitude], index) => {
        const [x, y] = project(longitude, latitude);
        if (index) path.lineTo(x, y);
        else path.moveTo(x, y);
        box[0] = Math.min(box[0], x);
        box[1] = Math.min(box[1], y);
        box[2] = Math.max(box[2], x);
        box[3] = Math.max(box[3], y);
      });
      path.closePath();
    };
    const go = (geometry) => {
      if (!geometry) return;
      if (geometry.type === "Polygon") geometry.coordinates.forEach(ring);
      else if (geometry.type === "MultiPolygon") geometry.coordinates.forEach((one) => one.forEach(ring));
      else (geometry.geometries || []).forEach(go);
    };
    go(feature.geometry);
    return { path, box, ...feature.properties };
  }
  const areas = layers.areas.features.map(shape);
  const hexagons = layers.hexagons.features.map(shape);
  const seen = layers.seen.features.map(shape);
  const dots = layers.cameras.features.map((feature) => {
    const flat = new Float64Array(feature.geometry.coordinates.length * 2);
    feature.geometry.coordinates.forEach(([x, y], index) => flat.set(project(x, y), index * 2));
    return { flat, ring: feature.properties.kind === "dome" || feature.properties.kind === "panning" };
  });
  const counts = hexagons.map((one) => one.count).sort((one, other) => one - other);
  const limits = [1, 2, 3, 4].map((fifth) => counts[Math.floor((counts.length * fifth) / 5)]);
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const ramp = () => RAMPS[dark.matches && !printing ? "dark" : "light"];

  // ---- what is in sight
  const [west, top] = project(spread.west, spread.north);
  const [east, bottom] = project(spread.east, spread.south);
  const whole = [west, top, Math.max(east, west + 100), Math.max(bottom, top + 100)];
  const view = { x: 0, y: 0, k: 1 }; // the middle in metres, pixels to a metre
  let chosen = null;
  let due = false;
  let printing = false;
  let touched = false; // until somebody moves it, the map shows all, however its frame changes
  const width = () => canvas.clientWidth;
  const height = () => canvas.clientHeight;

  function fit(box) {
    view.x = (box[0] + box[2]) / 2;
    view.y = (box[1] + box[3]) / 2;
    view.k = 0.92 * Math.min(width() / (box[2] - box[0]), height() / (box[3] - box[1]));
    touched = true;
    draw();
  }
  function showAll() {
    fit(whole);
    touched = false;
  }
  function zoom(factor, x = width() / 2, y = height() / 2) {
    const least = 0.3 * Math.min(width() / (whole[2] - whole[0]), height() / (whole[3] - whole[1]));
    const k = Math.max(least, Math.min(5, view.k * factor));
    view.x += (x - width() / 2) * (1 / view.k - 1 / k);
    view.y += (y - height() / 2) * (1 / view.k - 1 / k);
    view.k = k;
    touched = true;
    draw();
  }
  function move(x, y) {
    view.x = Math.max(whole[0], Math.min(whole[2], view.x - x / view.k));
    view.y = Math.max(whole[1], Math.min(whole[3], view.y - y / view.k));
    touched = true;
    draw();
  }
  const onScreen = (x, y) => [(x - view.x) * view.k + width() / 2, (y - view.y) * view.k + height() / 2];

  // ---- drawing
  function draw() {
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      paint();
    });
  }
  const on = (id) => !byId(id) || byId(id).checked;
  function paint() {
    const ratio = printing ? 2 : window.devicePixelRatio || 1;
    const [w, h] = [width(), height()];
    if (!w || !h) return;
    if (canvas.width !== Math.round(w * ratio) || canvas.height !== Math.round(h * ratio)) {
      canvas.width = Math.round(w * ratio);
      canvas.height = Math.round(h * ratio);
    }
    const style = getComputedStyle(document.documentElement);
    const colour = (name) => style.getPropertyValue(`--${name}`).trim();
    const plane = () => {
      const k = view.k * ratio;
      context.setTransform(k, 0, 0, k, (w / 2) * ratio - view.x * k, (h / 2) * ratio - view.y * k);
    };
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    context.fillStyle = colour("land");
    context.fillRect(0, 0, w, h);
    plane();
    for (const area of areas) {
      context.globalAlpha = area === chosen ? 0.16 : 0.06;
      context.fillStyle = colour("area");
      context.fill(area.path, "evenodd");
    }
    const band = byId("band") ? byId("band").value : "";
    for (const one of seen) {
      if (String(one.band) !== band) continue;
      context.globalAlpha = 0.35;
      context.fillStyle = colour("seen");
      context.fill(one.path, "evenodd");
    }
    context.globalAlpha = 1;
    context.strokeStyle = colour("area");
    if (on("areas-on")) {
      for (const area of areas) {
        context.lineWidth = (area === chosen ? 2.5 : 1.2) / view.k;
        context.stroke(area.path);
      }
    }
    let shownAs = "none";
    if (on("cameras-on")) shownAs = paintCameras(colour, plane, ratio);
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    if (on("areas-on")) names(colour);
    scaleBar(colour);
    canvas.dataset.shown = shownAs;
    canvas.dataset.scale = String(view.k);
    canvas.dataset.middle = `${view.x} ${view.y}`;
  }
  function paintCameras(colour, plane, ratio) {
    const inSight = [];
    for (const { flat, ring } of dots) {
      for (let index = 0; index < flat.length; index += 2) {
        const [x, y] = onScreen(flat[index], flat[index + 1]);
        if (x > -5 && y > -5 && x < width() + 5 && y < height() + 5) inSight.push([x, y, ring]);
      }
    }
    if (hexagons.length && (!dots.length || inSight.length > CROWD)) {
      plane();
      context.globalAlpha = 0.85;
      const steps = ramp();
      for (const one of hexagons) {
        context.fillStyle = steps[limits.filter((limit) => one.count >= limit).length];
        context.fill(one.path);
      }
      context.globalAlpha = 1;
      return "hexagons";
    }
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    const size = inSight.length > 500 ? 1.8 : 3;
    context.fillStyle = context.strokeStyle = colour("dot");
    context.lineWidth = 1.4;
    for (const [x, y, ring] of inSight) {
      context.beginPath();
      context.arc(x, y, ring ? size + 0.6 : size, 0, 7);
      if (ring) context.stroke();
      else context.fill();
    }
    return "dots";
  }
  function names(colour) {
    context.font = "600 13px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    const taken = [];
    for (const area of areas) {
      const text = area.name.length > 40 ? `${area.name.slice(0, 39)}…` : area.name;
      const half = context.measureText(text).width / 2 + 3;
      const [x, y] = onScreen((area.box[0] + area.box[2]) / 2, area.box[1] * 0.22 + area.box[3] * 0.78);
      if ((area.box[2] - area.box[0]) * view.k < half * 2) continue;
      if (x + half < 0 || x - half > width() || y < -10 || y > height() + 10) continue;
      const box = [x - half, y - 10, x + half, y + 10];
      if (taken.some((one) => box[0] < one[2] && box[2] > one[0] && box[1] < one[3] && box[3] > one[1])) continue;
      taken.push(box);
      context.lineWidth = 4;
      context.strokeStyle = colour("land");
      context.strokeText(text, x, y);
      context.fillStyle = colour("text");
      context.fillText(text, x, y);
    }
  }
  function scaleBar(colour) {
    const cosine = Math.cos((latitudeOf(view.y) * Math.PI) / 180) / Math.cos((latitude0 * Math.PI) / 180);
    const metres = (Math.min(160, width() / 3) / view.k) * cosine;
    const power = 10 ** Math.floor(Math.log10(metres));
    const length = [5, 2, 1].map((one) => one * power).find((one) => one <= metres) || power;
    const pixels = (length * view.k) / cosine;
    const words = length >= 1000 ? `${length / 1000} km` : length >= 1 ? `${length} m` : `${Math.round(length * 100)} cm`;
    const [x, y] = [12, height() - 14];
    context.fillStyle = colour("land");
    context.globalAlpha = 0.85;
    context.fillRect(4, y - 24, Math.max(pixels, 40) + 16, 34);
    context.globalAlpha = 1;
    context.strokeStyle = context.fillStyle = colour("text");
    context.lineWidth = 2;
    context.beginPath();
    context.moveTo(x, y - 5);
    context.lineTo(x, y);
    context.lineTo(x + pixels, y);
    context.lineTo(x + pixels, y - 5);
    context.stroke();
    context.font = "12px system-ui, sans-serif";
    context.textAlign = "left";
    context.textBaseline = "alphabetic";
    context.fillText(words, x + 4, y - 7);
    canvas.dataset.bar = words;
  }

  // ---- what is told of one area
  function tell(area) {
    if (area === chosen) return;
    chosen = area;
    const lines = area ? [area.name, ...area.told] : [told.dataset.empty];
    told.replaceChildren(
      ...lines.map((line, index) => {
        const paragraph = document.createElement("p");
        const inner = document.createElement(area && !index ? "strong" : "bdi");
        inner.textContent = line;
        paragraph.append(inner);
        return paragraph;
      }),
    );
    draw();
  }
  function areaAt(x, y) {
    const [there, down] = [view.x + (x - width() / 2) / view.k, view.y + (y - height() / 2) / view.k];
    context.setTransform(1, 0, 0, 1, 0, 0);
    return areas.find((one) => context.isPointInPath(one.path, there, down, "evenodd")) || null;
  }

  // ---- hands: mouse, fingers, keys, buttons
  const held = new Map();
  let moved = 0;
  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    held.set(event.pointerId, [event.offsetX, event.offsetY]);
    if (held.size === 1) moved = 0;
    canvas.classList.add("held");
  });
  canvas.addEventListener("pointermove", (event) => {
    const before = held.get(event.pointerId);
    if (!before) {
      if (event.pointerType === "mouse") tell(areaAt(event.offsetX, event.offsetY));
      return;
    }
    const now = [event.offsetX, event.offsetY];
    const other = [...held].find(([id]) => id !== event.pointerId);
    if (other) {
      const far = (one) => Math.hypot(one[0] - other[1][0], one[1] - other[1][1]) || 1;
      move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      zoom(far(now) / far(before), (now[0] + other[1][0]) / 2, (now[1] + other[1][1]) / 2);
    } else move(now[0] - before[0], now[1] - before[1]);
    moved += Math.abs(now[0] - before[0]) + Math.abs(now[1] - before[1]);
    held.set(event.pointerId, now);
  });
  for (const name of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(name, (event) => {
      held.delete(event.pointerId);
      if (!held.size) canvas.classList.remove("held");
      if (name === "pointerup" && moved < 6) tell(areaAt(event.offsetX, event.offsetY));
    });
  }
  canvas.addEventListener("dblclick", (event) => zoom(2, event.offsetX, event.offsetY));
  canvas.addEventListener(
    "wheel",
    (event) => {
      // Whoever scrolls past the map goes on scrolling; who has clicked on it zooms.
      if (!event.ctrlKey && document.activeElement !== canvas) return;
      event.preventDefault();
      zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.offsetX, event.offsetY);
    },
    { passive: false },
  );
  const keys = {
    ArrowLeft: () => move(60, 0),
    ArrowRight: () => move(-60, 0),
    ArrowUp: () => move(0, 60),
    ArrowDown: () => move(0, -60),
    "+": () => zoom(1.5),
    "=": () => zoom(1.5),
    "-": () => zoom(1 / 1.5),
    0: showAll,
    Home: showAll,
  };
  canvas.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || !Object.hasOwn(keys, event.key)) return;
    event.preventDefault();
    keys[event.key]();
  });
  byId("closer").addEventListener("click", () => zoom(1.5));
  byId("farther").addEventListener("click", () => zoom(1 / 1.5));
  byId("whole").addEventListener("click", showAll);
  for (const id of ["areas-on", "cameras-on", "band"]) if (byId(id)) byId(id).addEventListener("change", draw);
  if (byId("go")) {
    byId("go").addEventListener("change", (event) => {
      const area = areas[event.target.value];
      tell(area || null);
      if (area) fit(area.box);
      else showAll();
    });
  }

  // ---- legend, size, light and dark, paper
  for (const small of document.querySelectorAll(".legend canvas")) {
    small.width = 40;
    small.height = 32;
  }
  function legend() {
    const style = getComputedStyle(document.documentElement);
    for (const small of document.querySelectorAll(".legend canvas")) {
      const brush = small.getContext("2d");
      const kind = small.dataset.kind;
      brush.setTransform(2, 0, 0, 2, 0, 0);
      brush.clearRect(0, 0, 20, 16);
      const colour = style.getPropertyValue(kind === "seen" ? "--seen" : "--dot").trim();
      brush.fillStyle = brush.strokeStyle = colour;
      brush.lineWidth = 1.4;
      brush.beginPath();
      if (kind === "seen") {
        brush.globalAlpha = 0.35;
        brush.fillRect(1, 2, 18, 12);
        brush.globalAlpha = 1;
      } else if (kind === "hexagons") {
        ramp().forEach((step, index) => {
          brush.fillStyle = step;
          brush.fillRect(index * 4, 2, 4, 12);
        });
      } else {
        brush.arc(10, 8, kind === "ring" ? 3.6 : 3, 0, 7);
        if (kind === "ring") brush.stroke();
        else brush.fill();
      }
    }
  }
  const again = () => {
    legend();
    draw();
  };
  dark.addEventListener("change", again);
  addEventListener("beforeprint", () => {
    printing = true;
    legend();
    paint();
  });
  addEventListener("afterprint", () => {
    printing = false;
    again();
  });
  new ResizeObserver(() => (touched ? draw() : showAll())).observe(canvas);
  tell(null);
  told.replaceChildren(told.dataset.empty);
  legend();
}
