/** Random histories: what people and timers do, one step after the other. */
import type { FaultPoint } from "../../../src/fault_point.ts";
import type { Random } from "../../random.ts";
import type { Asked, Traits } from "./model/facts.ts";

/** Machines by their letters. The last one is new: nothing ran there before its first step. */
export const LETTERS = ["a", "b", "c", "d"] as const;
export type Letter = typeof LETTERS[number];
/** Machines with a group, and its name. */
export const GROUPS: Readonly<Partial<Record<Letter, string>>> = { a: "canary", d: "late" };

/** What is done. `age` names a revision: 0 is the newest one that was spooled, 1 the one before. */
export type Deed =
  | ({ readonly do: "spool" } & Traits)
  | { readonly do: "bless"; readonly age: number; readonly again: boolean }
  | ({ readonly do: "stage"; readonly age: number } & Asked)
  | { readonly do: "back" }
  | { readonly do: "purge-master"; readonly age: number }
  | { readonly do: "sync"; readonly on: Letter; readonly follow: boolean }
  | { readonly do: "jump"; readonly on: Letter; readonly age: number; readonly stay: boolean }
  | { readonly do: "jump-back"; readonly on: Letter }
  | { readonly do: "purge"; readonly on: Letter; readonly age: number }
  | { readonly do: "pause" | "mend"; readonly on: Letter }
  | { readonly do: "wait"; readonly seconds: number };

/** Where a command is killed. One that does not come there is not killed. */
export type Kill =
  /** At the so-manyth fault point that it passes, whichever that is. */
  | { readonly nth: number }
  /** It is a process of its own, and so is its end by SIGKILL. */
  | { readonly at: FaultPoint };

export interface Step {
  readonly deed: Deed;
  readonly kill?: Kill | undefined;
}

/** How many of all commands are killed, if they come that far, and how many of these are processes: 0 to 1. */
const [KILLS, REAL] = [0.35, 0.005];

const SCRIPTS = ["post-sync", "pre-jump", "post-jump", "health", "health", "health"] as const;

/** Where processes are killed. */
const POINTS: Readonly<Partial<Record<Deed["do"], readonly FaultPoint[]>>> = {
  spool: ["upload-completed"],
  bless: ["history-written", "pointer-written"],
  back: ["history-written", "pointer-written"],
  sync: ["published", "previous-linked", "current-linked", "health-started", "rollback-linked"],
  jump: ["hold-written", "previous-linked", "current-linked", "post-jumped"],
  "jump-back": ["hold-written", "previous-linked", "current-linked", "post-jumped"],
  purge: ["pre-removed", "discarded"],
};

/** How many fault points each command may pass: a sync that deploys and goes back passes about so many. */
const PASSED: Readonly<Partial<Record<Deed["do"], number>>> = {
  ...{ spool: 1, bless: 2, stage: 2, back: 2, sync: 22, jump: 12, "jump-back": 8, purge: 4 },
};

/** 6 to 15 steps, after a beginning that most fleets have: a first revision, blessed, and on some machines. */
export function randomHistory(random: Random): Step[] {
  const steps: Step[] = [];
  if (random.next() < 0.85) {
    steps.push({ deed: { do: "spool", script: undefined, failsOn: "" } });
    steps.push({ deed: { do: "bless", age: 0, again: false } });
    for (const on of ["a", "b", "c"] as const) {
      if (random.next() < 0.8) steps.push({ deed: { do: "sync", on, follow: false } });
    }
  }
  const count = 6 + random.below(10);
  let last: Letter = "a";
  for (let i = 0; i < count; i++) {
    const deed = randomDeed(random, last);
    if ("on" in deed) last = deed.on;
    steps.push({ deed, kill: randomKill(random, deed) });
  }
  return steps;
}

function randomKill(random: Random, deed: Deed): Kill | undefined {
  const passed = PASSED[deed.do];
  if (passed === undefined || random.next() >= KILLS) return undefined;
  const points = POINTS[deed.do];
  if (points !== undefined && random.next() < REAL) return { at: random.pick(points) };
  // Most pass fewer.
  return { nth: 1 + Math.floor(passed * random.next() ** 2) };
}

/** Each with how often it comes. */
const DEEDS: readonly (readonly [number, (random: Random) => Deed])[] = [
  [18, (random) => ({ do: "spool", ...randomTraits(random) })],
  [10, (random) => ({ do: "bless", age: randomAge(random), again: random.next() < 0.2 })],
  [18, (random) => ({ do: "stage", age: random.next() < 0.85 ? 0 : 1, ...randomAsked(random) })],
  [6, () => ({ do: "back" })],
  [3, (random) => ({ do: "purge-master", age: randomAge(random) })],
  [40, (random) => ({ do: "sync", on: randomLetter(random), follow: random.next() < 0.12 })],
  [9, (random) => ({
    ...{ do: "jump", on: randomLetter(random), age: randomAge(random) },
    stay: random.next() < 0.2,
  })],
  [5, (random) => ({ do: "jump-back", on: randomLetter(random) })],
  [3, (random) => ({ do: "purge", on: randomLetter(random), age: randomAge(random) })],
  [4, (random) => ({ do: "pause", on: randomLetter(random) })],
  [3, (random) => ({ do: "mend", on: randomLetter(random) })],
  [3, (random) => ({ do: "wait", seconds: random.pick([10, 30, 700]) })],
];
const OFTEN = DEEDS.reduce((sum, [often]) => sum + often, 0);

/** @param last the machine of the last deed on one: often it is this one's turn again */
function randomDeed(random: Random, last: Letter): Deed {
  let left = random.next() * OFTEN;
  const made = DEEDS.find(([often]) => (left -= often) < 0)?.[1](random) ?? { do: "back" };
  return "on" in made && random.next() < 0.4 ? { ...made, on: last } : made;
}

function randomTraits(random: Random): Traits {
  if (random.next() < 0.35) return { script: undefined, failsOn: "" };
  const failsOn = LETTERS.filter(() => random.next() < 0.5).join("");
  return { script: random.pick(SCRIPTS), failsOn };
}

function randomAge(random: Random): number {
  return random.pick([0, 0, 0, 0, 0, 0, 1, 1, 2, 3]);
}

function randomLetter(random: Random): Letter {
  return random.pick(["a", "a", "a", "b", "b", "b", "c", "c", "d", "d"]);
}

function randomAsked(random: Random): Asked {
  const maybe = <T>(chance: number, value: T): T | undefined =>
    random.next() < chance ? value : undefined;
  const size = random.pick(["percent", "percent", "machines", "none", "none"]);
  return {
    percent: size === "percent" ? random.pick([0, 10, 34, 50, 67, 100, 100]) : undefined,
    machines: size === "machines" ? random.pick([1, 2, 3]) : undefined,
    groups: maybe(0.3, [random.pick(["canary", "late", "none"])]),
    over: maybe(0.15, random.pick([20, 60])),
    halt: maybe(0.25, random.pick([1, 2, 3])),
    pause: size === "none" ? maybe(0.3, true) : undefined,
    again: maybe(0.12, true),
  };
}
