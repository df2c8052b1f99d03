/**
 * Reads and writes the words of `ftl-rollout`, which say who may take the candidate of a staged
 * rollout. The pointer's metadata carries them. They are `key=value`, one space apart:
 *
 *     id        the serial of the rollout's first write
 *     cut       0 to 1, at most 9 decimals: machines with a lower rank may take the candidate
 *     share     0 to 1: the share of the machines that was asked for, if the cut is another. It is only shown
 *     at        Unix seconds: when the cut was set
 *     over      seconds in which the cut grows to 1; absent if it does not grow
 *     group     names, with commas between them: their machines may take it whatever their rank
 *     at-once   how many machines may be in their jump at the same time
 *     halt      how many machines must have failed until no other one takes it
 *     of        how many machines there were when the words were written
 *     state     `paused`; absent if the rollout is running
 *
 * Other words are kept, because a later version of FTL may have written them. If a value does not
 * parse, the rollout counts as paused: an error must never widen it.
 */
import { isMachineName } from "../machine_name.ts";
import { readCount } from "./metadata.ts";

/** Who may take the candidate: the words, read. */
export interface Rollout {
  /** The serial of its first write. It names the rollout. 0 if the words do not tell it. */
  readonly id: number;
  /** 0 to 1. Machines with a lower rank may take the candidate, at the time `at`. */
  readonly cut: number;
  /** 0 to 1: the share that was asked for, where the cut was chosen by the ranks of the machines. It is only shown. */
  readonly share: number | undefined;
  /** Unix seconds. */
  readonly at: number;
  /** Seconds after `at` in which the cut grows evenly to 1. Undefined if it stays. */
  readonly over: number | undefined;
  /** Machines of these groups may take the candidate, whatever their rank. */
  readonly groups: readonly string[];
  /** The greatest number of machines that may be in their jump at the same time. */
  readonly atOnce: number | undefined;
  /** The number of failed machines that halts the rollout. */
  readonly halt: number | undefined;
  /** The number of living machines when the words were written. It is only shown. */
  readonly of: number | undefined;
  /** Whether other machines may take it. */
  readonly state: "running" | "paused";
  /** Words that this version of FTL does not know, as they were read. */
  readonly unknown: readonly string[];
  /**
   * The first word that does not parse, or the key that is missing. Such a rollout is paused, and
   * what could not be read has the value that lets nobody in. Undefined if all words are right.
   */
  readonly broken: string | undefined;
}

const KEYS = [
  "id",
  "cut",
  "share",
  "at",
  "over",
  "group",
  "at-once",
  "halt",
  "of",
  "state",
] as const;
type Key = (typeof KEYS)[number];
const REQUIRED: readonly Key[] = ["id", "cut", "at"];

const CUT_DECIMALS = 9;
const CUT = /^(?:0(?:\.[0-9]{1,9})?|1(?:\.0{1,9})?)$/;

/** What quarantines of the candidate are bound to, as those of the blessed revision are to its blessing. */
export function rolloutName({ id }: Rollout): string {
  return String(id);
}

/** The nearest number that a word `cut` can hold. */
export function roundCut(cut: number): number {
  return Number(cut.toFixed(CUT_DECIMALS));
}

/** The cut that follows a rank: the least that a word can hold and that is greater. */
export function cutAbove(rank: number): number {
  const scale = 10 ** CUT_DECIMALS;
  return (Math.floor(rank * scale) + 1) / scale;
}

/** Accepts any text. `broken` of the result tells if a word does not parse. */
export function parseRollout(text: string): Rollout {
  const { values, unknown, broken } = splitWords(text);

  function read<T>(key: Key, parse: (text: string) => T | undefined): T | undefined {
    const value = values.get(key);
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed !== undefined) return parsed;
    if (value !== undefined) broken.push(`${key}=${value}`);
    else if (REQUIRED.includes(key)) broken.push(key);
    return undefined;
  }

  const numbers = {
    id: read("id", readPositive) ?? 0,
    cut: read("cut", readCut) ?? 0,
    share: read("share", readCut),
    at: read("at", readCount) ?? 0,
    over: read("over", readPositive),
    groups: read("group", readGroups) ?? [],
    atOnce: read("at-once", readPositive),
    halt: read("halt", readPositive),
    of: read("of", readCount),
  };
  const paused = read("state", (state) => state === "paused" ? state : undefined);
  const state = paused === undefined && broken.length === 0 ? "running" : "paused";
  return { ...numbers, state, unknown, broken: broken[0] };
}

/** The inverse of `parseRollout`. A broken rollout is written as a paused one. */
export function formatRollout(rollout: Rollout): string {
  const { groups, state } = rollout;
  const values: Record<Key, string | number | undefined> = {
    id: rollout.id,
    cut: wordOf(rollout.cut),
    share: rollout.share === undefined ? undefined : wordOf(rollout.share),
    at: rollout.at,
    over: rollout.over,
    group: groups.length === 0 ? undefined : groups.join(","),
    "at-once": rollout.atOnce,
    halt: rollout.halt,
    of: rollout.of,
    state: state === "paused" ? state : undefined,
  };
  const known = KEYS.flatMap((key) => values[key] === undefined ? [] : [`${key}=${values[key]}`]);
  return [...known, ...rollout.unknown].join(" ");
}

function wordOf(cut: number): string {
  return roundCut(cut).toFixed(CUT_DECIMALS).replace(/\.?0+$/, "");
}

interface Words {
  readonly values: ReadonlyMap<Key, string>;
  readonly unknown: readonly string[];
  /** Known keys that have no value, or that come twice. */
  readonly broken: string[];
}

function splitWords(text: string): Words {
  const values = new Map<Key, string>();
  const unknown: string[] = [];
  const broken: string[] = [];
  for (const word of text.split(" ").filter((word) => word !== "")) {
    const equals = word.indexOf("=");
    const name = equals < 0 ? word : word.slice(0, equals);
    const key = KEYS.find((key) => key === name);
    if (key === undefined) unknown.push(word);
    else if (equals < 0 || values.has(key)) broken.push(word);
    else values.set(key, word.slice(equals + 1));
  }
  return { values, unknown, broken };
}

function readPositive(text: string): number | undefined {
  const count = readCount(text);
  return count === 0 ? undefined : count;
}

function readCut(text: string): number | undefined {
  return CUT.test(text) ? Number(text) : undefined;
}

function readGroups(text: string): string[] | undefined {
  const groups = text.split(",");
  return groups.every(isMachineName) ? groups : undefined;
}
