/** Results as lines of text: one name on a line for programs, aligned columns for people. */
import type {
  LocalPackage,
  LocalRevision,
  MasterPackage,
  MasterRevision,
} from "../../commands/list.ts";
import type { PackageStatus } from "../../commands/status.ts";
import type { Note } from "../../revision/metadata.ts";
import { escapeControls, oneLine } from "../../foreign_text.ts";
import { compareNames } from "../../revision/names.ts";
import { formatAge, formatBytes } from "../terminal/narration.ts";
import { padTo, type Paint, widthOf, wrapTo } from "../terminal/paint.ts";

export interface TableOptions {
  /** Columns for people instead of lines for programs. */
  readonly isTerminal: boolean;
  readonly paint: Paint;
  /** Columns of the terminal. */
  readonly columns: number;
  /** Unix time in milliseconds, for ages. */
  readonly now: number;
}

type AnyPackage = LocalPackage & MasterPackage;
type AnyRevision = LocalRevision | MasterRevision;

/** One revision on a line. For programs the active one has the mark of the Go original. */
export function revisionLines(
  revisions: readonly AnyRevision[],
  { long, ...options }: TableOptions & { long: boolean },
): string[] {
  if (!long && !options.isTerminal) {
    return revisions.map(({ revision, active }) => active ? `${revision}\t(active)` : revision);
  }
  return align(revisions.map((revision) => [
    revision.revision,
    time(revision, { long, now: options.now }),
    revision.size === undefined ? "-" : formatBytes(revision.size),
    ...(long ? [details(revision).by ?? "-"] : []),
    marks(revision, options.paint),
    ...(long ? [details(revision).message ?? ""] : []),
  ]));
}

/**
 * One package on a line. A long listing adds the active and the newest revision, their number, and the size.
 */
export function packageLines(
  packages: readonly AnyPackage[],
  { long, paint }: TableOptions & { long: boolean },
): string[] {
  if (!long) return packages.map((found) => found.package);
  return align(packages.map(({ package: name, active, held, newest, revisions, size }) => [
    name,
    `${paint.good("active")} ${active ?? "-"}${held === true ? ` ${paint.warning("(held)")}` : ""}`,
    `newest ${newest ?? "-"}`,
    revisions === 1 ? "1 revision" : `${revisions ?? "?"} revisions`,
    size === undefined ? "" : formatBytes(size),
  ]));
}

/** The time of spooling: in a long listing in UTC to the minute, otherwise its age. */
function time({ spooledAt }: AnyRevision, { long, now }: { long: boolean; now: number }): string {
  if (spooledAt === undefined) return "-";
  if (long) return `${spooledAt.slice(0, 16)}Z`;
  return `${formatAge(now - Date.parse(spooledAt))} ago`;
}

/** Author and message, safe to print. */
function details(revision: AnyRevision): { by?: string | undefined; message?: string | undefined } {
  return "details" in revision ? safeNote(revision.details) : {};
}

function safeNote(note: Note = {}): { by?: string | undefined; message?: string | undefined } {
  const safe = (text?: string): string | undefined =>
    text === undefined ? undefined : escapeControls(text);
  return { by: safe(note.by), message: safe(note.message) };
}

function marks(revision: AnyRevision, paint: Paint): string {
  const { active, previous } = revision;
  const { held = false, postSync }: Partial<LocalRevision> = revision;
  const words = [
    ...(active ? [paint.good("active")] : []),
    ...(previous ? ["previous"] : []),
    ...(held ? [paint.warning("held")] : []),
    ...(postSync === "failed" ? [paint.bad("post-sync failed")] : []),
    ...(postSync === "pending" ? [paint.warning("post-sync pending")] : []),
    ...blessingWords(revision),
  ];
  return words.length === 0 ? "-" : `(${words.join(", ")})`;
}

/** Who blessed the revision, or replaced it by an older one, and why. */
function blessingWords(revision: AnyRevision): string[] {
  if ("left" in revision && revision.left !== undefined) {
    const { by, message } = safeNote(revision.left);
    return [`left${by === undefined ? "" : ` by ${by}`}${message ? `: ${message}` : ""}`];
  }
  if (!("blessing" in revision) || revision.blessing === undefined) return [];
  const { replaced } = revision.blessing;
  const { by, message } = safeNote(revision.blessing);
  const wentBack = replaced !== undefined && compareNames(revision.revision, replaced) < 0;
  const why = message === undefined ? "" : `: ${message}`;
  if (by === undefined && why === "") return [];
  return [
    `blessed${by === undefined ? "" : ` by ${by}`}${
      wentBack ? ` instead of ${replaced}` : ""
    }${why}`,
  ];
}

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
  const notes = [...postJumpLines(packages, now), ...logLines(packages)];
  if (isTerminal) {
    const lines = align(rows);
    if (lines.every((line) => widthOf(line) <= columns)) return [...lines, ...notes];
  }
  const [headings = [], ...others] = rows;
  const blocks = others.flatMap((row, i) => [
    ...(i === 0 ? [] : [""]),
    ...block(headings, row, columns),
  ]);
  return [...blocks, ...notes];
}

/** How the active revision's `post-jump` failed, and where its output is. */
function postJumpLines(packages: readonly PackageStatus[], now: number): string[] {
  return packages.flatMap(({ package: name, active, failedPostJump: failed }) => {
    if (failed === undefined) return [];
    const age = formatAge(now - Date.parse(failed.at));
    const printed = failed.log === undefined ? "" : `; its output is in ${failed.log}`;
    return [
      `${name}: the post-jump of ${active} failed ${age} ago: ${oneLine(failed.outcome)}${printed}`,
    ];
  });
}

/** The path of the newest log, if only one package is shown, or if something went wrong. */
function logLines(packages: readonly PackageStatus[]): string[] {
  return packages.flatMap((found) => {
    const { package: name, lastLog, lastSync: last, unprepared, failedPostJump } = found;
    const isOfUse = packages.length === 1 || last?.failure !== undefined || unprepared.length > 0;
    return lastLog === undefined || !isOfUse || lastLog === failedPostJump?.log
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
      ].join(" "),
      found.blessed ?? "-",
      found.previous ?? "-",
      found.master === undefined ? "?" : found.master.newest ?? "-",
      formatBytes(found.disk),
      lastSync(found, { paint, now }),
      nextSync(found),
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

function nextSync({ master, unprepared }: PackageStatus): string {
  if (master === undefined) return "?";
  const { fetch, activate, remove, missing } = master;
  const steps = [
    ...(fetch.length === 0 ? [] : [`fetch ${fetch.length}`]),
    ...(unprepared.length === 0 ? [] : [`prepare ${unprepared.length}`]),
    ...(activate === undefined ? [] : [`activate ${activate}`]),
    ...(remove.length === 0 ? [] : [`remove ${remove.length}`]),
    ...(missing === undefined ? [] : [`blessed ${missing} is missing`]),
  ];
  return steps.length === 0 ? "nothing to do" : steps.join(", ");
}

/** Columns two spaces apart, without spaces at the end of a line. */
export function align(rows: readonly (readonly string[])[]): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    for (const [i, cell] of row.entries()) widths[i] = Math.max(widths[i] ?? 0, widthOf(cell));
  }
  return rows.map((row) => row.map((cell, i) => padTo(cell, widths[i] ?? 0)).join("  ").trimEnd());
}
