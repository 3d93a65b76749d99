import type { VNode } from "preact";

import { getCustodians } from "../api";
import { useAgain } from "../coverage/useAgain";
import { Dot } from "../parts/HealthMark";
import { Loading } from "../parts/Loading";
import { cameras } from "../state/server";
import { nowUs } from "../time/clock";
import { date } from "../time/format";
import type { Camera, Custodian, Custodians } from "../wire";
import { originalWords } from "../words";

const AGAIN_MS = 10_000;

/** Who can open originals, and of which cameras there are any. To be read only. */
export function OriginalsPage(): VNode {
  const { value, failed } = useAgain(getCustodians, AGAIN_MS);
  const all = cameras.value;
  if (!all || (!value && !failed)) return <Loading text="Loading originals" />;
  return (
    <section class="page page-narrow">
      <h1>Originals</h1>
      <p class="lead">
        What a camera itself sends is kept sealed, apart from the view: neither this console nor the recorder can open it, only
        custodians together.
      </p>
      {value ? <Who custodians={value} /> : <p class="card">Custodians could not be loaded. Trying again.</p>}
      <Which all={all} />
    </section>
  );
}

function Who({ custodians }: { custodians: Custodians }): VNode {
  const there = custodians.custodians.filter((one) => one.left_us === null);
  const left = custodians.custodians.filter((one) => one.left_us !== null);
  return (
    <div class="card">
      <h2>
        <Dot state={custodians.keeps ? "up" : "off"} /> Custodians
      </h2>
      <p>{custodians.summary}</p>
      {there.length > 0 ? (
        <>
          <ul class="rows custodians">
            {there.map((one) => (
              <Row key={one.fingerprint} custodian={one} />
            ))}
          </ul>
          <p class="card-note">
            Compare each fingerprint with the one that the custodian sees: a wrong one means that somebody else can open.
          </p>
        </>
      ) : null}
      {left.length > 0 ? (
        <>
          <h3>No longer custodians</h3>
          <p class="card-note">What was sealed while they were there they can still help to open.</p>
          <ul class="rows custodians">
            {left.map((one) => (
              <Row key={one.fingerprint} custodian={one} />
            ))}
          </ul>
        </>
      ) : null}
      <h3>To add one</h3>
      <p class="card-note">No browser can: whoever gets hold of one could then name themselves.</p>
      <ol class="steps">
        <li>
          On the custodian&rsquo;s own machine, <code>watchglass custodian new FILE --name NAME</code> makes their key and writes its
          public half.
        </li>
        <li>
          On the recorder, <code>watchglass custodian add NAME PUBLIC-HALF</code>. What is recorded from then on is sealed to them, too.
        </li>
        <li>
          <code>watchglass custodian needed N</code> says how many it takes; <code>custodian remove NAME</code> lets one go.
        </li>
      </ol>
    </div>
  );
}

function Row({ custodian }: { custodian: Custodian }): VNode {
  return (
    <li class="row">
      <span class="row-name">{custodian.name}</span>
      <div class="row-lines">
        <p class="address">{custodian.fingerprint}</p>
        <p class="muted">
          Since {date(custodian.added_us)}
          {custodian.left_us !== null ? `, until ${date(custodian.left_us)}` : null}
        </p>
      </div>
    </li>
  );
}

const DOTS: Record<Camera["original"]["state"], "up" | "starting" | "down" | "off"> = {
  kept: "up",
  waiting: "starting",
  missing: "down",
  off: "off",
};

function Which({ all }: { all: Camera[] }): VNode {
  return (
    <div class="card">
      <h2>Cameras</h2>
      {all.length === 0 ? <p class="card-note">No cameras yet.</p> : null}
      <ul class="rows">
        {all.map((camera) => (
          <li class="row" key={camera.id}>
            <a class="row-name" href={`/camera/${camera.id}`}>
              {camera.name}
            </a>
            <div class="row-lines">
              <p>
                <Dot state={DOTS[camera.original.state]} /> {originalWords(camera.original, nowUs())}
              </p>
            </div>
          </li>
        ))}
      </ul>
    </div>
  );
}
