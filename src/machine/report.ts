/**
 * What this machine reports to S3, gathered from the state of all its packages, and what it remembers of its reports.
 * Nothing that a script printed is in it, and nothing of the environment but `FTL_GROUP`, `FTL_REPORT` and
 * `FTL_MACHINE`.
 */
import type { Config } from "../config.ts";
import { EXIT } from "../errors.ts";
import { oneLine } from "../foreign_text.ts";
import { type MachineIdentity, originOf } from "../plan/clone.ts";
import type { SentReport } from "../plan/report.ts";
import type { PackageName, RevisionId } from "../revision/names.ts";
import type { PointerState } from "../revision/pointer.ts";
import {
  LONGEST_ERROR,
  type MachineError,
  type MachineReport,
  type ReportedPackage,
  type ReportedState,
} from "../revision/report.ts";
import { replaceFile } from "./disk/durable.ts";
import { makeFolder } from "./disk/folder.ts";
import { numberIn, readJson, textIn } from "./disk/json_file.ts";
import { type GatheredFacts, gatherFacts } from "./facts.ts";
import { type Failing, readFailing } from "./failing.ts";
import { readActiveFailures } from "./jump/outcomes.ts";
import { type Quarantine, quarantineInForce } from "./jump/quarantine.ts";
import { linkedSince } from "./links.ts";
import { listPackages, type PackageDir } from "./package_dir.ts";
import {
  type LastSync,
  readLastListing,
  readLastSync,
  readOwner,
  readPointerState,
  readRevisionState,
} from "./state.ts";

export interface ReportSource {
  readonly config: Pick<Config, "root" | "keep" | "groups" | "reportEvery" | "trust">;
  readonly me: MachineIdentity;
  /** Unix milliseconds. */
  readonly now: number;
  /** The version of FTL. */
  readonly version: string;
}

/** The report of this moment. A package whose state cannot be read is left out: its sync has told why. */
export function gatherReport(source: ReportSource): MachineReport {
  const { config, me, now, version } = source;
  const packages = listPackages(config.root).flatMap((pkg): [PackageName, ReportedPackage][] => {
    try {
      return [[pkg.name, packageReport(pkg, source)]];
    } catch {
      return [];
    }
  });
  return {
    machine: me.machine,
    // Who names the machine may not want the host's name in S3.
    host: me.source === "FTL_MACHINE" ? undefined : me.host,
    groups: config.groups,
    ftl: version,
    arch: Deno.build.arch,
    every: config.reportEvery,
    at: new Date(now).toISOString(),
    packages: new Map(packages),
    truncated: false,
  };
}

function packageReport(pkg: PackageDir, { config, me, now }: ReportSource): ReportedPackage {
  const pointer = readPointerState(pkg);
  const isCopy = originOf(readOwner(pkg), me) === "copy";
  const ids = readLastListing(pkg)?.ids ?? [];
  const remote = { revisions: ids.map((id) => ({ id })) };
  const gathered = gatherFacts(pkg, { remote, pointer, me, config, follow: false, isCopy, now });
  const { active, previous } = gathered.facts;
  const failing = isCopy ? undefined : readFailing(pkg);
  const { state, error } = judge(gathered, {
    ...(isCopy ? {} : { lastSync: readLastSync(pkg), failing }),
    quarantine: isCopy ? undefined : quarantineOf(pkg, { pointer, active }),
    unhealthy: unhealthyOf(pkg),
  });
  const came = active && readRevisionState(pkg, active);
  return {
    state,
    active,
    since: active && linkedSince(pkg, "current"),
    how: came?.how,
    moved: came?.moved,
    previous,
    want: gathered.effective?.blessed,
    serial: pointer?.serial,
    rollout: pointer?.rollout === undefined ? undefined : String(pointer.rollout.id),
    // A pointer that was refused is not remembered.
    trust: config.trust === undefined ? undefined : failing?.trust ?? pointer?.trust?.verdict,
    error,
  };
}

interface Troubles {
  readonly lastSync?: LastSync | undefined;
  readonly failing?: Failing | undefined;
  readonly quarantine: Quarantine | undefined;
  /** Of the active revision. */
  readonly unhealthy: MachineError | undefined;
}

interface Judgement {
  readonly state: ReportedState;
  readonly error?: MachineError;
}

/** The first state of `REPORTED_STATES` that fits. */
function judge({ facts, effective }: GatheredFacts, troubles: Troubles): Judgement {
  const { lastSync, failing, quarantine, unhealthy } = troubles;
  if (lastSync?.failure !== undefined && failing?.isHealth !== true) {
    const { code = EXIT.internal, since = lastSync.at, count = 1 } = failing ?? {};
    return { state: "failing", error: { text: shorten(lastSync.failure), code, since, count } };
  }
  if (quarantine !== undefined) {
    return { state: "quarantine", error: scriptError(quarantine.reason, quarantine.at) };
  }
  if (facts.hold !== undefined) return { state: "held" };
  if (facts.isPaused === true) return { state: "paused" };
  if (effective?.waiting !== undefined) return { state: "waiting" };
  if (effective !== undefined && effective.blessed !== facts.active) return { state: "behind" };
  if (unhealthy !== undefined) return { state: "unhealthy", error: unhealthy };
  return { state: facts.active === undefined ? "new" : "ok" };
}

/** Undefined also if the revision is active all the same. */
function quarantineOf(
  pkg: PackageDir,
  { pointer, active }: {
    readonly pointer: PointerState | undefined;
    readonly active: RevisionId | undefined;
  },
): Quarantine | undefined {
  const found = pointer && quarantineInForce(pkg, pointer);
  return found === undefined || found.id === active ? undefined : found;
}

function unhealthyOf(pkg: PackageDir): MachineError | undefined {
  const { health, postJump } = readActiveFailures(pkg);
  if (health !== undefined) return scriptError(`health failed: ${health.outcome}`, health.at);
  if (postJump === undefined) return undefined;
  return scriptError(`post-jump failed: ${postJump.outcome}`, postJump.at);
}

function scriptError(text: string, since: string): MachineError {
  return { text: shorten(text), code: EXIT.script, since, count: 1 };
}

function shorten(text: string): string {
  const line = oneLine(text);
  return line.length <= LONGEST_ERROR ? line : `${line.slice(0, LONGEST_ERROR - 3)}...`;
}

/** The folder of what belongs to the machine, and to no package. */
function ownFolder(root: string): string {
  return `${root}/.ftl`;
}

function sentPath(root: string): string {
  return `${ownFolder(root)}/report.json`;
}

/** The lock of the command that reports. Makes the folder. */
export function reportLock(root: string): string {
  makeFolder(ownFolder(root));
  return `${ownFolder(root)}/report.lock`;
}

/** Undefined if nothing is known. */
export function readSentReport(root: string): SentReport | undefined {
  const value = readJson(sentPath(root));
  const machine = value && textIn(value, "machine");
  if (value === undefined || machine === undefined) return undefined;
  return {
    machine,
    digest: textIn(value, "digest"),
    sentAt: numberIn(value, "sentAt"),
    deniedAt: numberIn(value, "deniedAt"),
    warnedAt: numberIn(value, "warnedAt"),
  };
}

/** Not flushed: without it, the next sync reports once more. */
export function writeSentReport(root: string, sent: SentReport): void {
  replaceFile(sentPath(root), `${JSON.stringify(sent)}\n`, { durable: false });
}
