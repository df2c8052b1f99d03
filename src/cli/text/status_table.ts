/** The result of `ftl status` as a table, with the reasons below it. */
import type {
  FailedScript,
  PackageStatus,
  Pause,
  StatusJump,
  StatusTrust,
} from "../../commands/status/status.ts";
import { oneLine } from "../../foreign_text.ts";
import { formatAge, formatBytes } from "../terminal/narration.ts";
import type { Paint } from "../terminal/paint.ts";
import { padTo, widthOf, wrapTo } from "../terminal/width.ts";
import { type MachineRollout, waitingText } from "../../plan/machine_rollout.ts";
import { align, type TableOptions } from "./tables.ts";

const STATUS_HEADINGS = [
  "PACKAGE",
  "ACTIVE",
  "BLESSED",
  "PREVIOUS",
  "NEWEST",
  "DISK",
  "LAST SYNC",
  "NEXT SYNC",
];

/** A row for each package if the terminal has room. Otherwise one package below the other. */
export function statusLines(
  packages: readonly PackageStatus[],
  { paint, now, isTerminal, columns }: TableOptions,
): string[] {
  const rows = statusRows(packages, { paint, now });
  const notes = [...reasonLines(packages, now), ...deltaLines(packages), ...logLines(packages)];
  if (isTerminal) {
    const lines = align(rows);
    if (lines.every((line) => widthOf(line) <= columns())) return [...lines, ...notes];
  }
  const [headings = [], ...others] = rows;
  const blocks = others.flatMap((row, i) => [
    ...(i === 0 ? [] : [""]),
    ...block(headings, row, columns()),
  ]);
  return [...blocks, ...notes];
}

/** Why the active revision is not well, and what keeps the blessed one from being activated. */
function reasonLines(packages: readonly PackageStatus[], now: number): string[] {
  return packages.flatMap((found) => {
    const { package: name, active, failedPostJump, failedHealth, quarantine, pause } = found;
    const { rollout } = found;
    const ago = (at: string): string => `${formatAge(now - Date.parse(at))} ago`;
    const failed = (step: string, { at, outcome, log }: FailedScript): string => {
      const printed = log === undefined ? "" : `; its output is in ${log}`;
      return `${name}: the ${step} of ${active} failed ${ago(at)}: ${oneLine(outcome)}${printed}`;
    };
    return [
      ...(failedPostJump === undefined ? [] : [failed("post-jump", failedPostJump)]),
      ...(failedHealth === undefined ? [] : [failed("health", failedHealth)]),
      ...(quarantine === undefined ? [] : [
        `${name}: ${quarantine.revision} went into quarantine here ${ago(quarantine.at)}: ` +
        oneLine(quarantine.reason),
      ]),
      ...(pause === undefined ? [] : [`${name}: ${pausedBy(pause)}`]),
      ...(rollout === undefined ? [] : [`${name}: ${rolloutLine(rollout, active)}`]),
      ...(found.trust === undefined
        ? []
        : trustLines(found.trust, now).map((line) => `${name}: ${line}`)),
    ];
  });
}

function isTrusted({ trust }: PackageStatus): boolean {
  return trust === undefined || trust.verdict === "trusted";
}

function trustLines(
  { verdict, isEnforced, by, at, isOld, untrusted }: StatusTrust,
  now: number,
): string[] {
  const names = by.map(oneLine).join(", ");
  const age = at === undefined ? "" : ` ${formatAge(now - Date.parse(at))} ago`;
  const instead = isEnforced ? "this machine keeps what it runs" : "FTL_TRUST only warns";
  const [first, ...others] = untrusted;
  const more = others.length === 0 ? "" : ` and ${others.length} more`;
  return [
    verdict === "trusted"
      ? `what is blessed was signed${age} by ${names}${
        isOld ? ", longer ago than FTL_TRUST_MAX_AGE" : ""
      }`
      : `what is blessed is not trusted (${verdict}): ${instead}`,
    ...(first === undefined
      ? []
      : [`not fetched, as nobody who is trusted has signed it: ${first}${more}`]),
  ];
}

function pausedBy({ path, until, why }: Pause): string {
  const end = until === undefined ? "" : ` until ${until}`;
  return `paused by ${path}${end}${why === undefined ? "" : `: ${oneLine(why)}`}`;
}

/**
 * A rollout that has come to all machines is ended by a person only. Who ends it too early takes turns and halting from
 * those that wait.
 */
function rolloutLine(rollout: MachineRollout, active: string | undefined): string {
  const { candidate, percent, waiting } = rollout;
  const here = active === candidate ? "this machine runs it" : "this machine may take it";
  const end = percent === 100 && waiting === undefined
    ? `; once all machines run it, 'ftl jump --master ${candidate}' makes it final`
    : "";
  return `${candidate} is being rolled out, at ${percent} %: ${waitingText(rollout) ?? here}${end}`;
}

/** If only one package is shown: what a delta saved, and which revision takes room for the next one. */
function deltaLines(packages: readonly PackageStatus[]): string[] {
  const [found, ...others] = packages;
  if (found === undefined || others.length > 0) return [];
  const { package: name, active, transfer, spare } = found;
  return [
    ...(active === undefined || transfer === undefined || transfer.how === "whole" ? [] : [
      `${name}: ${active} came by ${transfer.how === "spare" ? "the spare" : "a delta"}: ` +
      `${sizeOf(transfer.moved)} of ${sizeOf(transfer.bytes)} downloaded`,
    ]),
    ...(spare === undefined ? [] : [
      `${name}: ${spare} was removed, and is kept as the spare for the next delta`,
    ]),
  ];
}

const sizeOf = (bytes: number | undefined): string =>
  bytes === undefined ? "?" : formatBytes(bytes);

/** The path of the newest log, if only one package is shown, or if something went wrong. */
function logLines(packages: readonly PackageStatus[]): string[] {
  return packages.flatMap((found) => {
    const { package: name, lastLog, lastSync: last, unprepared } = found;
    const isOfUse = packages.length === 1 || last?.failure !== undefined || unprepared.length > 0;
    const told = [found.failedPostJump?.log, found.failedHealth?.log];
    return lastLog === undefined || !isOfUse || told.includes(lastLog)
      ? []
      : [`${name}: its last script's output is in ${lastLog}`];
  });
}

/** One line for each heading. A text that is too long continues in the next line. */
function block(headings: readonly string[], row: readonly string[], columns: number): string[] {
  const width = Math.max(...headings.map(widthOf)) + 2;
  return row.flatMap((cell, column) =>
    wrapTo(cell, columns - width).map((part, i) =>
      padTo(i === 0 ? headings[column] ?? "" : "", width) + part
    )
  );
}

function statusRows(
  packages: readonly PackageStatus[],
  { paint, now }: { paint: Paint; now: number },
): string[][] {
  return [
    STATUS_HEADINGS.map(paint.bold),
    ...packages.map((found) => [
      found.package,
      [
        found.active ?? "-",
        ...(found.dangling ? [paint.bad("(gone)")] : []),
        ...(found.held ? [paint.warning("(held)")] : []),
        ...(found.failedPostJump === undefined ? [] : [paint.bad("(post-jump failed)")]),
        ...(found.failedHealth === undefined ? [] : [paint.bad("(unhealthy)")]),
      ].join(" "),
      [
        found.blessed ?? "-",
        ...(found.quarantine === undefined ? [] : [paint.bad("(in quarantine)")]),
        ...(isTrusted(found) ? [] : [paint.bad("(not trusted)")]),
      ].join(" "),
      found.previous ?? "-",
      found.master === undefined ? "?" : found.master.newest ?? "-",
      formatBytes(found.disk),
      lastSync(found, { paint, now }),
      nextSync(found, now),
    ]),
  ];
}

function lastSync(
  { lastSync: last }: PackageStatus,
  { paint, now }: { paint: Paint; now: number },
): string {
  if (last === undefined) return "never";
  const age = `${formatAge(now - Date.parse(last.at))} ago`;
  if (last.failure === undefined) return age;
  return `${age}, ${paint.bad("failed")}: ${oneLine(last.failure)}`;
}

function nextSync(found: PackageStatus, now: number): string {
  const steps = [
    ...(found.jump === undefined ? [] : [underWay(found.jump, now)]),
    ...(found.pause === undefined ? [] : ["paused"]),
    ...plannedSteps(found),
  ];
  return steps.length === 0 ? "nothing to do" : steps.join(", ");
}

function plannedSteps({ master, unprepared }: PackageStatus): string[] {
  if (master === undefined) return ["?"];
  const { fetch, activate, remove, missing } = master;
  return [
    ...(fetch.length === 0 ? [] : [`fetch ${fetch.length}`]),
    ...(unprepared.length === 0 ? [] : [`prepare ${unprepared.length}`]),
    ...(activate === undefined ? [] : [`activate ${activate}`]),
    ...(remove.length === 0 ? [] : [`remove ${remove.length}`]),
    ...(missing === undefined ? [] : [`blessed ${missing} is missing`]),
  ];
}

/** A health that should have ended long ago was cut short, and the next sync asks for it again. */
function underWay({ phase, since, seconds }: StatusJump, now: number): string {
  if (phase === "rollback") return "go back";
  const passed = since === undefined ? NaN : Math.floor((now - Date.parse(since)) / 1000);
  const isRunning = phase === "health" && seconds !== undefined && passed >= 0 &&
    passed <= seconds + GRACE;
  if (isRunning) return `checking (${passed} s of ${seconds})`;
  return phase === "health" ? "check the health" : "finish the jump";
}

/** Seconds that a last attempt may take after the end of its time. */
const GRACE = 10;
