/** What a rule is, in a line. Pure. */

import type { ObjectClass, Rule } from "../wire";
import { classWord, PARTS, usualClasses } from "./kinds";

const same = (a: readonly ObjectClass[], b: readonly ObjectClass[]): boolean => [...a].sort().join() === [...b].sort().join();

const listed = (words: string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1) ?? ""}`;

const small = (word: string): string => word.charAt(0).toLowerCase() + word.slice(1);

/** Whom or what a rule is about; empty where it is about the picture. */
export function aboutWords({ kind, classes }: Pick<Rule, "kind" | "classes">): string {
  if (classes.length === 0) return "";
  if (PARTS[kind].about === "vehicles" && same(classes, usualClasses(kind))) return "vehicles";
  return listed(classes.map(classWord).map(small));
}

const per = (share: number): string => `${Math.round(share * 1000) / 10}%`;

/** "Yard: people from 60%, for 10 s, forward; mon-fri 22:00-06:00." */
export function ruleWords(rule: Rule): string {
  const about = aboutWords(rule);
  const parts = [
    about === "" ? `from ${per(rule.threshold)}` : `${about} from ${per(rule.threshold)}`,
    rule.direction === null ? "" : rule.direction,
    rule.count === null ? "" : `${rule.count} and more`,
    rule.seconds === null ? "" : `for ${rule.seconds} s`,
    rule.kmh === null ? "" : `faster than ${rule.kmh} km/h`,
  ].filter((part) => part !== "");
  const place = rule.tripwire?.name ?? rule.zone?.name ?? (rule.calibration === null ? "Whole picture" : "Measured ground");
  const hours = rule.hours === null ? "" : `; ${rule.hours}`;
  const quiet = rule.armed ? "" : " It makes no events.";
  return `${place}: ${parts.join(", ")}${hours}.${quiet}`;
}
