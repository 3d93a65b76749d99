/** Kinds of rules in plain words. What each is composed from is in kinds.json, which a test compares with the server's table. */

import type { Direction, ObjectClass, RuleKind } from "../wire";
import parts from "./kinds.json";

export type Part = "zone" | "tripwire" | "direction" | "seconds" | "count" | "kmh" | "calibration";

interface Parts {
  needs: Part[];
  may: Part[];
  /** Whom or what it is about where nobody says. "picture": no classes. */
  about: "people" | "vehicles" | "picture";
}

export const PARTS = parts as Record<RuleKind, Parts>;
export const KINDS = Object.keys(PARTS) as RuleKind[];

interface Words {
  title: string;
  detail: string;
}

export const WORDS: Record<RuleKind, Words> = {
  intrusion: { title: "Somebody in a zone", detail: "An event while anybody is in the zone." },
  "line crossing": { title: "Over a line", detail: "Each who goes over the line is counted, and is an event." },
  loitering: { title: "Staying in a zone", detail: "An event while anybody has been in the zone for longer than so many seconds." },
  crowding: { title: "Many in a zone", detail: "An event while so many or more are in the zone." },
  occupancy: { title: "How many are inside", detail: "Counts who goes in and out over the line. With a number, an event while so many are inside." },
  "wrong way": { title: "The wrong way", detail: "An event for each vehicle that goes over the line the wrong way." },
  "stopped vehicle": { title: "A vehicle that stopped", detail: "An event while a vehicle in the zone has not moved for so many seconds." },
  queue: { title: "A queue", detail: "An event while so many or more stand in the zone, or hardly move." },
  speed: { title: "Faster than a speed", detail: "An event for each vehicle that is faster than so many km/h, by distances that you measured on the ground." },
  "thing left behind": { title: "A thing left behind", detail: "An event while something lies there that the empty scene has not." },
  "thing taken away": { title: "A thing taken away", detail: "An event while something is missing that the empty scene has." },
  "person lying down": { title: "Somebody lying down", detail: "A hint, by the shape of a box alone. It is no fall detector: nobody's safety may hang on it." },
  "camera covered or moved": { title: "The camera covered or moved", detail: "An event while the camera is covered, dark, out of focus, moved or frozen." },
};

export const kindTitle = (kind: RuleKind): string => (WORDS as Partial<typeof WORDS>)[kind]?.title ?? kind;

const VEHICLES: ObjectClass[] = ["bicycle", "motorcycle", "car", "bus", "truck", "vehicle"];

/** Classes that may be chosen for a kind; none where it is about the picture itself. */
export function classesFor(kind: RuleKind): ObjectClass[] {
  if (PARTS[kind].about === "picture" || kind === "person lying down") return [];
  return ["person", ...VEHICLES, "animal", "bag", "thing", "moving thing"];
}

export function usualClasses(kind: RuleKind): ObjectClass[] {
  return { people: ["person" as const], vehicles: VEHICLES, picture: [] }[PARTS[kind].about];
}

const CLASSES: Record<ObjectClass, string> = {
  person: "People",
  bicycle: "Bicycles",
  motorcycle: "Motorcycles",
  car: "Cars",
  bus: "Buses",
  truck: "Lorries",
  vehicle: "Other vehicles",
  animal: "Animals",
  bag: "Bags",
  thing: "Things",
  "moving thing": "Whatever else moves",
};

export const classWord = (name: ObjectClass): string => (CLASSES as Partial<typeof CLASSES>)[name] ?? name;

/** What a direction means for a kind. */
export function directionWords(kind: RuleKind): { legend: string; both: string | null } {
  if (kind === "occupancy") return { legend: "Which way is in", both: null };
  if (kind === "wrong way") return { legend: "Which way is wrong", both: null };
  return { legend: "Which way makes events", both: "Both ways" };
}

export const DIRECTIONS: Record<Direction, string> = { forward: "Forward, the yellow arrow", backward: "Backward, the blue arrow" };

/** What seconds and a number mean for a kind. */
export function secondsLabel(kind: RuleKind): string {
  switch (kind) {
    case "loitering":
      return "Seconds somebody must have been there";
    case "stopped vehicle":
      return "Seconds it must have stood";
    case "thing left behind":
      return "Seconds it must have lain there";
    case "thing taken away":
      return "Seconds it must have been missing";
    case "person lying down":
      return "Seconds somebody must have lain";
    default:
      return "Seconds it must be so";
  }
}

export const countLabel = (kind: RuleKind): string => (kind === "queue" ? "From how many who stand" : "From how many on");
