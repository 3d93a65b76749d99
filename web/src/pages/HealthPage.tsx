import { Fragment, type VNode } from "preact";

import { getAllCoverage } from "../api";
import { Strip } from "../coverage/Strip";
import { useAgain } from "../coverage/useAgain";
import { Dot, HealthWords } from "../parts/HealthMark";
import { Icon } from "../parts/icons";
import { Loading } from "../parts/Loading";
import { isStopped } from "../parts/TopBar";
import { cameraById, cameras, health } from "../state/server";
import { nowUs } from "../time/clock";
import { bytes, duration, moment } from "../time/format";
import { DAY } from "../time/units";
import type { AllCoverage, Camera, MachineClock, ServerHealth } from "../wire";
import {
  diskWords,
  gainWords,
  hasPictures,
  isFull,
  isOn,
  originalWords,
  REDUCED_LONG,
  REDUCED_SHORT,
  sentence,
  sinceWords,
  standinWords,
} from "../words";

export function HealthPage(): VNode {
  const server = health.value;
  const all = cameras.value;
  if (!server || !all) return <Loading text="Loading health" />;
  return (
    <section class="page">
      <h1>Health</h1>
      <Notes notes={server.notes} />
      <div class="health-grid">
        <Cameras all={all} />
        <Disks server={server} />
        <Protection protection={server.protection} />
        <MachineTime clock={server.clock} />
        <Processes server={server} />
      </div>
    </section>
  );
}

function Notes({ notes }: { notes: string[] }): VNode | null {
  if (notes.length === 0) return null;
  return (
    <ul class="notes" aria-label="Notes">
      {notes.map((note) => (
        <li key={note}>
          <Icon name="info" /> {sentence(note)}
        </li>
      ))}
    </ul>
  );
}

const COVERED_DAYS = 7;
const COVERAGE_MS = 60_000;
const lastDays = (signal: AbortSignal): Promise<AllCoverage> =>
  getAllCoverage(nowUs() - (COVERED_DAYS - 1) * DAY, nowUs() + 1, signal);

function Cameras({ all }: { all: Camera[] }): VNode {
  const coverage = useAgain(lastDays, COVERAGE_MS).value;
  return (
    <div class="card health-cameras">
      <h2>Cameras</h2>
      {all.length === 0 ? (
        <p class="card-note">
          No cameras yet. <a href="/add">Add a camera</a>
        </p>
      ) : (
        <ul class="rows">
          {all.map((camera) => (
            <CameraRow key={camera.id} camera={camera} coverage={coverage} />
          ))}
        </ul>
      )}
    </div>
  );
}

function CameraRow({ camera, coverage }: { camera: Camera; coverage: AllCoverage | null }): VNode {
  const { main, sub } = camera.health;
  const words = standinWords(camera);
  const shares = coverage?.cameras.find((one) => one.id === camera.id);
  return (
    <li class="row">
      <a class="row-name" href={`/camera/${camera.id}`}>
        {camera.name}
      </a>
      <div class="row-lines">
        <p>
          <Dot state={main.state} /> {sub ? "Main stream: " : null}
          <HealthWords health={main} />
        </p>
        {sub ? (
          <p>
            <Dot state={sub.state} /> Substream: <HealthWords health={sub} />
          </p>
        ) : null}
        {isOn(camera) ? (
          <p class="muted">
            {hasPictures(camera) ? "View" : "Counts only"}: {words ? sinceWords(words.title, camera.view.since_us, nowUs()) : "shown"}
            {words?.detail ? `. ${words.detail}` : null}
          </p>
        ) : null}
        {camera.original.state === "off" ? null : (
          <p class="muted">
            {camera.original.state === "missing" ? <Dot state="down" /> : null} Original: {lowered(originalWords(camera.original, nowUs()))}
          </p>
        )}
        {coverage && shares ? <Strip days={coverage.days} shares={shares} of={camera.name} /> : null}
      </div>
    </li>
  );
}

const lowered = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1);

/** Whether the machine's clock can be trusted: all times of what is kept are its. */
function MachineTime({ clock }: { clock: MachineClock }): VNode {
  const { synchronised, steps } = clock;
  const [title, state] =
    synchronised === true
      ? (["Kept by a time server", "up"] as const)
      : synchronised === false
        ? (["Not kept by a time server", "degraded"] as const)
        : (["Unknown whether a time server keeps it", "off"] as const);
  const last = steps.at(-1);
  return (
    <div class="card">
      <h2>
        <Dot state={last ? "degraded" : state} /> Clock
      </h2>
      <dl class="facts facts-wide">
        <dt>This machine</dt>
        <dd>{title}</dd>
        {clock.error_us !== null ? (
          <>
            <dt>Wrong by at most</dt>
            <dd>{clock.error_us < 1_000_000 ? `${Math.ceil(clock.error_us / 1000)} ms` : duration(clock.error_us)}</dd>
          </>
        ) : null}
        {last ? (
          <>
            <dt>Last set</dt>
            <dd>
              {moment(last.at_us, nowUs())}, {duration(Math.abs(last.by_us))} {last.by_us > 0 ? "forward" : "back"}
            </dd>
          </>
        ) : null}
        {clock.cameras.map(({ camera, gain_us }) => (
          <Fragment key={camera}>
            <dt>{cameraById(camera)?.name}</dt>
            <dd>{gainWords(gain_us)}</dd>
          </Fragment>
        ))}
      </dl>
      <p class="card-note">
        All times here are this machine&rsquo;s: a camera with a wrong clock is still recorded at the right time, and its state says
        so when its timestamps are unsound.
      </p>
    </div>
  );
}

function Disks({ server }: { server: ServerHealth }): VNode {
  const { disk, disks } = server;
  const usable = disks.filter((one) => one.state === "ok");
  const free = usable.reduce((sum, one) => sum + (one.free_bytes ?? 0), disk.free_bytes);
  const floor = disk.floor_bytes * (1 + usable.length);
  const whole = Math.max(1, disk.kept_bytes + free);
  const full = isFull(server);
  return (
    <div class="card">
      <h2>
        {full ? <Dot state="down" /> : null} {disks.length > 0 ? "Disks" : "Disk"}
      </h2>
      <svg class="disk" viewBox="0 0 100 6" preserveAspectRatio="none" role="img" aria-label={`${bytes(disk.kept_bytes)} kept, ${bytes(free)} free`}>
        <rect class="disk-free" width="100" height="6" />
        <rect class="disk-kept" width={(disk.kept_bytes / whole) * 100} height="6" />
        <rect class="disk-floor" x={100 - (floor / whole) * 100} width={(floor / whole) * 100} height="6" />
      </svg>
      <dl class="facts facts-wide">
        <dt>
          <span class="swatch swatch-kept" aria-hidden="true" /> Kept
        </dt>
        <dd>{bytes(disk.kept_bytes)}</dd>
        <dt>
          <span class="swatch swatch-free" aria-hidden="true" /> Free
        </dt>
        <dd>{bytes(free)}</dd>
        <dt>
          <span class="swatch swatch-gap" aria-hidden="true" /> Floor
        </dt>
        <dd>{bytes(floor)}</dd>
      </dl>
      {disks.length > 0 ? (
        <dl class="facts facts-wide disk-list">
          <dt>Data folder</dt>
          <dd>{bytes(disk.free_bytes)} free</dd>
          {disks.map((one) => (
            <Fragment key={one.folder}>
              <dt>{one.folder}</dt>
              <dd>
                {one.state === "ok" ? null : <Dot state={one.state === "read-only" ? "degraded" : "down"} />} {diskWords(one)}
              </dd>
            </Fragment>
          ))}
        </dl>
      ) : null}
      <p class="card-note">
        {full
          ? "The free space is at its floor: the oldest views are deleted to make room."
          : "When the free space reaches the floor, the oldest views are deleted to make room."}
      </p>
    </div>
  );
}

function Protection({ protection }: { protection: ServerHealth["protection"] }): VNode {
  return (
    <div class="card">
      <h2>
        <Dot state={protection === "full" ? "up" : "degraded"} /> {protection === "full" ? "Full protection" : "Reduced protection"}
      </h2>
      <p class="card-note">
        {protection === "full"
          ? "A person model is at work, beside the plate: what differs from the empty background is covered."
          : `${REDUCED_SHORT} ${REDUCED_LONG}`}
      </p>
    </div>
  );
}

function Processes({ server }: { server: ServerHealth }): VNode {
  return (
    <div class="card">
      <h2>Processes</h2>
      <ul class="rows">
        {server.processes.map((process) => (
          <li class="row" key={process.name}>
            <span class="row-name">{process.name}</span>
            <div class="row-lines">
              <p>
                <Dot state={isStopped(process.state) ? "down" : process.state === "starting" ? "starting" : "up"} />{" "}
                {sentence(sinceWords(sentence(process.state).slice(0, -1), process.since_us, nowUs()))}
                {process.restarts > 0 ? ` Restarted ${process.restarts === 1 ? "once" : `${process.restarts} times`}.` : null}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
