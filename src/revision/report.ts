/**
 * The report of a machine: what it runs, for people who look at the fleet. It is the object `.ftl/fleet/<machine>`
 * in S3, JSON of at most 16 KB:
 *
 *     { "schema": 1, "machine": "i-0abc", "host": "web-1", "groups": ["canary"], "ftl": "0.2.0",
 *       "arch": "x86_64", "every": 3600, "at": "2026-11-25T14:00:03.000Z",
 *       "packages": { "my_site": { "active": "VZ5vQk8aR4G", "since": "...", "previous": "VZ5uB1x0pQa",
 *         "want": "VZ5vQk8aR4G", "serial": 1795615200123, "state": "ok", "rollout": "1795615200123",
 *         "trust": "trusted", "how": "spare", "moved": 443,
 *         "error": { "text": "...", "code": 6, "since": "...", "count": 12 } } } }
 *
 * What is unknown is left out. If it would be longer, the last packages by name are left out, and `truncated` is
 * true. Reports are claims: who reads one gets checked names and bounded texts, and must still escape the texts.
 */
import { createHash } from "node:crypto";
import type { FetchedHow } from "../events.ts";
import { type BlessingVerdict, readBlessingVerdict } from "./blessing_verdict.ts";
import { isCount, type Members, objectOf, parseJson, timeIn, wordIn } from "./members.ts";
import {
  compareNames,
  isPackageName,
  isRevisionId,
  type PackageName,
  type RevisionId,
} from "./names.ts";
import { isMachineName } from "../machine_name.ts";

/**
 * What a machine says of a package, the first that fits.
 *
 * - `failing`: its last sync failed.
 * - `quarantine`: the health of what it should run failed.
 * - `held`: a person's jump keeps another revision active.
 * - `paused`: a pause file keeps it from activating.
 * - `waiting`: a rollout is under way that has not come to it yet.
 * - `behind`: it runs something else than it should.
 * - `unhealthy`: it runs what it should, and the health or the post-jump of that failed.
 * - `new`: nothing is active.
 * - `ok`: it runs what it should.
 */
export const REPORTED_STATES = [
  "failing",
  "quarantine",
  "held",
  "paused",
  "waiting",
  "behind",
  "unhealthy",
  "new",
  "ok",
] as const;
/** One of these. */
export type ReportedState = typeof REPORTED_STATES[number];

/** Why a machine is not in line. */
export interface MachineError {
  /** One line. */
  readonly text: string;
  /** The exit code of its syncs. */
  readonly code: number;
  /** ISO 8601, UTC. */
  readonly since: string;
  /** How many syncs have failed with it. */
  readonly count: number;
}

/** What a machine says of one package. What it does not know is undefined. */
export interface ReportedPackage {
  /** Undefined if a later version of FTL has written a state that this one does not know. */
  readonly state: ReportedState | undefined;
  readonly active: RevisionId | undefined;
  /** Since when the active revision is active: ISO 8601, UTC. */
  readonly since: string | undefined;
  /** How the active revision was downloaded, and the bytes that were moved for it. */
  readonly how?: FetchedHow | undefined;
  readonly moved?: number | undefined;
  readonly previous: RevisionId | undefined;
  /** What it should run, as it knows. */
  readonly want: RevisionId | undefined;
  /** The serial of the pointer that it knows. */
  readonly serial: number | undefined;
  /** The id of the rollout that it knows. */
  readonly rollout: string | undefined;
  /** How it judges the pointer that S3 has. Undefined if it has no `FTL_TRUST`. */
  readonly trust: BlessingVerdict | undefined;
  readonly error: MachineError | undefined;
}

/** What a machine says of itself. */
export interface MachineReport {
  readonly machine: string;
  readonly host: string | undefined;
  readonly groups: readonly string[];
  /** The version of FTL. */
  readonly ftl: string | undefined;
  readonly arch: string | undefined;
  /** Seconds: it reports at least so often. */
  readonly every: number;
  /** When the report was made, by the machine's clock: ISO 8601, UTC. */
  readonly at: string;
  readonly packages: ReadonlyMap<PackageName, ReportedPackage>;
  /** Whether some packages are left out. */
  readonly truncated: boolean;
}

/** In bytes. */
export const LONGEST_REPORT = 16 * 1024;
/** In characters: an error's text. */
export const LONGEST_ERROR = 200;
const SCHEMA = 1;
const LONGEST_WORD = 64;
const LONGEST_HOST = 255;
const MOST_GROUPS = 64;
/** Seconds: the greatest `FTL_REPORT`. */
const MOST_EVERY = 604_800;

const FETCHED_HOW: readonly FetchedHow[] = ["whole", "delta", "spare"];

/** The text of the object in S3. */
export function formatReport(report: MachineReport): string {
  const entries = sorted(report).map(([name, found]) =>
    `${JSON.stringify(name)}:${JSON.stringify(packageEntry(found))}`
  );
  const whole = reportText(report, entries);
  if (bytesOf(whole) <= LONGEST_REPORT) return whole;
  const cut = { ...report, truncated: true };
  let room = LONGEST_REPORT - bytesOf(reportText(cut, []));
  const kept: string[] = [];
  for (const entry of entries) {
    room -= bytesOf(entry) + 1;
    if (room < 0) break;
    kept.push(entry);
  }
  return reportText(cut, kept);
}

/**
 * Tells whether two reports say the same. When they were made, and how often an error came, does not count: a machine
 * that only repeats itself need not report.
 */
export function reportDigest(report: MachineReport): string {
  const packages = sorted(report).map(([name, { error, ...found }]) => [
    name,
    packageEntry({ ...found, error: error && { ...error, count: 0 } }),
  ]);
  const { at: _at, packages: _packages, truncated: _truncated, ...head } = report;
  return createHash("sha256").update(JSON.stringify([head, packages])).digest("hex");
}

/**
 * Reads any text. Undefined if it is no report. A value that is not as it should be counts as unknown, a package whose
 * name is none is left out, and texts are cut.
 */
export function parseReport(text: string): MachineReport | undefined {
  if (bytesOf(text) > LONGEST_REPORT) return undefined;
  const value = objectOf(parseJson(text));
  if (value === undefined || value["schema"] !== SCHEMA) return undefined;
  const { machine, every } = value;
  const [at, packages] = [timeIn(value, "at"), objectOf(value["packages"])];
  if (!isMachineName(machine) || at === undefined || packages === undefined) return undefined;
  if (!isCount(every) || every < 1 || every > MOST_EVERY) return undefined;
  const groups: unknown[] = Array.isArray(value["groups"]) ? value["groups"] : [];
  return {
    machine,
    host: wordIn(value, "host", LONGEST_HOST),
    groups: groups.filter(isMachineName)
      .slice(0, MOST_GROUPS),
    ftl: wordIn(value, "ftl", LONGEST_WORD),
    arch: wordIn(value, "arch", LONGEST_WORD),
    every,
    at,
    packages: new Map(
      Object.entries(packages).flatMap(([name, found]) => {
        const entry = objectOf(found);
        return entry === undefined || !isPackageName(name) ? [] : [[name, parsePackage(entry)]];
      }),
    ),
    truncated: value["truncated"] === true,
  };
}

function parsePackage(value: Members): ReportedPackage {
  const { state, serial, moved } = value;
  const id = (name: string): RevisionId | undefined => {
    const member = value[name];
    return isRevisionId(member) ? member : undefined;
  };
  return {
    state: REPORTED_STATES.find((known) => known === state),
    active: id("active"),
    since: timeIn(value, "since"),
    how: FETCHED_HOW.find((how) => how === value["how"]),
    moved: isCount(moved) ? moved : undefined,
    previous: id("previous"),
    want: id("want"),
    serial: isCount(serial) ? serial : undefined,
    rollout: wordIn(value, "rollout", LONGEST_WORD),
    trust: readBlessingVerdict(wordIn(value, "trust", LONGEST_WORD)),
    error: parseError(objectOf(value["error"])),
  };
}

function parseError(value: Members | undefined): MachineError | undefined {
  if (value === undefined) return undefined;
  const { code, count } = value;
  const [text, since] = [wordIn(value, "text", LONGEST_ERROR), timeIn(value, "since")];
  if (text === undefined || since === undefined || !isCount(code) || code > 255) return undefined;
  return { text, code, since, count: isCount(count) ? count : 1 };
}

function sorted({ packages }: MachineReport): [PackageName, ReportedPackage][] {
  return [...packages].sort(([a], [b]) => compareNames(a, b));
}

function packageEntry(found: ReportedPackage): ReportedPackage {
  const { active, since, how, moved, previous, want, serial, state, rollout, trust, error } = found;
  return { active, since, how, moved, previous, want, serial, state, rollout, trust, error };
}

function reportText(report: MachineReport, entries: readonly string[]): string {
  const { packages: _packages, truncated, ...head } = report;
  const text = JSON.stringify({ schema: SCHEMA, ...head, ...(truncated ? { truncated } : {}) });
  return `${text.slice(0, -1)},"packages":{${entries.join(",")}}}\n`;
}

function bytesOf(text: string): number {
  return new TextEncoder().encode(text).length;
}
